import { EXIT } from '../app/run-process.ts'
import { listPaused, type PausedTask, pauseTask, resumeTask } from '../queue/pause.ts'
import { APP_OPTION, findApp, taskOf } from './arguments-of-operators.ts'
import { amount, countInWords, momentInWords, numberInWords } from './in-words.ts'
import { asOperator, type Operator } from './operator.ts'
import { type Given, type Option, runSubcommand, type Subcommand } from './subcommands.ts'
import { table } from './table.ts'
import { say, terminalWidth, withProgress } from './terminal.ts'

const UNCHECKED_OPTION: Option = { about: 'take the name as it is: a task that only another release knows' }

const SUBCOMMANDS: readonly Subcommand[] = [
  {
    name: 'list',
    about:
      'Shows the tasks of the application, if it is here, and those that are paused, with how many jobs are parked.',
    options: { app: APP_OPTION },
    run: list,
  },
  {
    name: 'pause',
    words: '<task> …',
    about: 'Lets no worker, anywhere, begin a job of these tasks until they are resumed. What runs goes on.',
    details: [
      'Other tasks of the same queue go on: jobs of a paused task are parked when their turn comes.',
      'When the application is here, the names are held against it.',
    ],
    options: { app: APP_OPTION, unchecked: UNCHECKED_OPTION },
    run: pause,
  },
  {
    name: 'resume',
    words: '<task> …',
    about: 'Lets workers begin jobs of these tasks again, and brings back what was parked, in its order.',
    details: ['When it is stopped half way, nothing is lost: resuming again brings back the rest.'],
    options: {},
    run: resume,
  },
]

export function run(args: readonly string[]): Promise<number> {
  return runSubcommand('tasks', SUBCOMMANDS, args)
}

interface Listed extends PausedTask {
  readonly queue: string | null
}

async function list(given: Given): Promise<number> {
  const app = await findApp(given)
  return asOperator(async ({ db }) => {
    const paused = new Map((await listPaused(db)).tasks.map((task) => [task.task, task]))
    const names = new Set([...(app?.contract.tasks.keys() ?? []), ...paused.keys()])
    const tasks = [...names].sort().map((task) => ({
      task,
      queue: app?.contract.tasks.get(task)?.queue.name ?? null,
      pausedAt: paused.get(task)?.pausedAt ?? null,
      parked: paused.get(task)?.parked ?? { count: 0, isEstimate: false },
    }))
    return say(given.isJson, { tasks }, () =>
      tasks.length === 0
        ? 'No task is paused. The tasks of an application are listed in its folder.\n'
        : inTable(tasks),
    )
  })
}

function inTable(tasks: readonly Listed[]): string {
  return table(
    tasks,
    [
      { head: 'TASK', cell: ({ task }) => task, canShrink: true },
      { head: 'QUEUE', cell: ({ queue }) => queue ?? '', canShrink: true },
      { head: 'PARKED', cell: ({ parked }) => countInWords(parked), isNumber: true },
      {
        head: 'STATE',
        cell: ({ pausedAt, parked }) => {
          if (pausedAt !== null) return `paused since ${momentInWords(pausedAt)}`
          return parked.count === 0 ? 'open' : 'resumed half way: resume it again'
        },
        canShrink: true,
      },
    ],
    terminalWidth(),
  )
}

async function pause(given: Given): Promise<number> {
  const names = given.atLeastOne('the name of a task')
  const app = given.isSet('unchecked') ? undefined : await findApp(given)
  if (app !== undefined) for (const name of names) taskOf(app, name)
  return asOperator(async ({ db }) => {
    const paused: { readonly task: string; readonly pausedAt: Date }[] = []
    for (const task of names) paused.push({ task, pausedAt: await pauseTask(db, task) })
    return say(given.isJson, { paused, isChecked: app !== undefined }, () =>
      [
        ...paused.map(({ task, pausedAt }) => `${task} is paused since ${momentInWords(pausedAt)}\n`),
        app === undefined ? 'The names were not checked: nothing here says which tasks there are.\n' : '',
      ].join(''),
    )
  })
}

function resume(given: Given): Promise<number> {
  const names = given.atLeastOne('the name of a task')
  return asOperator(async (operator) => {
    const resumed: Resumed[] = []
    for (const task of names) resumed.push(await resumeOne(operator, task))
    say(given.isJson, { resumed }, () => resumed.map(inWords).join(''))
    return resumed.every(({ isStopped }) => !isStopped) ? EXIT.done : EXIT.failed
  })
}

interface Resumed {
  readonly task: string
  readonly count: number
  readonly isStopped: boolean
}

async function resumeOne({ db, hints }: Operator, task: string): Promise<Resumed> {
  const { result: count, isStopped } = await withProgress(
    (soFar) => `${task}: ${numberInWords(soFar)} jobs are back`,
    (progress) => resumeTask(db, task, { hints, ...progress }),
  )
  return { task, count, isStopped }
}

function inWords({ task, count, isStopped }: Resumed): string {
  const back = count === 0 ? 'none of its jobs was parked' : `${amount(count, 'job')} came back`
  return `${task} goes on: ${back}${isStopped ? '; stopped half way: resume it again for the rest' : ''}\n`
}
