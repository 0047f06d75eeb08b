import { systemClock } from '../kernel/clock.ts'
import { cancelJob } from '../queue/cancel-job.ts'
import { FIND_COUNT_MAX, findJob } from '../queue/find-job.ts'
import { JOB_STAGES, type StagedJob } from '../queue/job-stage.ts'
import { type JobQuery, listJobs, PAGE_COUNT_MAX } from '../queue/jobs.ts'
import { operatorErrors } from '../queue/operator-errors.ts'
import { AFTER_OPTION, choiceOf, idsOf, LIMIT_OPTION, limitOf } from './arguments-of-operators.ts'
import { durationInWords, momentInWords } from './in-words.ts'
import { describeJob } from './job-in-words.ts'
import { HISTORY } from './jobs-history.ts'
import { asOperator } from './operator.ts'
import { type Given, runSubcommand, type Subcommand } from './subcommands.ts'
import { type Column, table } from './table.ts'
import { say, terminalWidth } from './terminal.ts'

const SUBCOMMANDS: readonly Subcommand[] = [
  {
    name: 'list',
    about: 'Shows the jobs of one stage: of a queue, of a task, or all.',
    details: [
      'waiting: for a worker; running: a worker has it; scheduled: for its time; parked: its task is paused, or no release',
      'that knows it was there; dead: it will not be tried again by itself.',
    ],
    options: {
      stage: { value: 'stage', about: `${JOB_STAGES.join(', ')} (waiting)` },
      queue: { value: 'queue', about: 'only of this queue' },
      task: { value: 'task', about: 'only of this task' },
      limit: LIMIT_OPTION,
      after: AFTER_OPTION,
    },
    run: list,
  },
  {
    name: 'show',
    words: '<id>',
    about:
      'Shows one job, wherever it is: its stage, input, attempts and errors, and what is known of it once it has ended.',
    details: [`Jobs that wait are found among the first ${FIND_COUNT_MAX.toLocaleString('en')} entries of each lane.`],
    options: {},
    run: show,
  },
  {
    name: 'cancel',
    words: '<id> …',
    about: 'Cancels jobs: tracked ones at any time, others while they are parked or scheduled.',
    options: {},
    run: cancel,
  },
  HISTORY,
]

export function run(args: readonly string[]): Promise<number> {
  return runSubcommand('jobs', SUBCOMMANDS, args)
}

function list(given: Given): Promise<number> {
  const query: JobQuery = {
    stage: choiceOf(given, 'stage', JOB_STAGES) ?? 'waiting',
    limit: limitOf(given, PAGE_COUNT_MAX),
    ...textOf(given, 'queue'),
    ...textOf(given, 'task'),
    ...textOf(given, 'after'),
  }
  return asOperator(async ({ db }) => {
    const { jobs, next = null } = await listJobs(db, query)
    return say(given.isJson, { jobs, next }, () => {
      const found =
        jobs.length === 0 ? `No job is ${query.stage}${next === null ? '' : ' among those that were looked at'}.\n` : ''
      const more = next === null ? '' : `More: --after '${next}'\n`
      return `${found}${jobs.length === 0 ? '' : table(jobs, columns(query, systemClock.now()), terminalWidth())}${more}`
    })
  })
}

function textOf<const Name extends string>(given: Given, name: Name): { readonly [N in Name]?: string } {
  const text = given.text(name)
  return (text === undefined ? {} : { [name]: text }) as { readonly [N in Name]?: string }
}

function columns({ stage }: JobQuery, nowMs: number): readonly Column<StagedJob>[] {
  const last: Readonly<Record<typeof stage, Column<StagedJob>>> = {
    waiting: { head: 'PRIORITY', cell: ({ priority }) => priority },
    running: { head: 'WORKER', cell: ({ worker }) => worker ?? '', canShrink: true },
    scheduled: { head: 'DUE', cell: ({ dueAt }) => (dueAt === null ? '' : momentInWords(dueAt)) },
    parked: {
      head: 'WHY',
      cell: ({ parked }) => (parked?.why === 'paused' ? 'its task is paused' : 'no release here knows it'),
      canShrink: true,
    },
    dead: { head: 'CODE', cell: ({ died }) => died?.code ?? '', canShrink: true },
  }
  return [
    { head: 'ID', cell: ({ id }) => id },
    { head: 'QUEUE', cell: ({ queue }) => queue, canShrink: true },
    { head: 'TASK', cell: ({ task }) => task, canShrink: true },
    { head: 'KEY', cell: ({ key, tenant }) => key ?? tenant ?? '', canShrink: true },
    { head: 'ATTEMPTS', cell: ({ attempt }) => String(attempt), isNumber: true },
    { head: 'AGE', cell: ({ submittedAt }) => durationInWords(nowMs - submittedAt.getTime()), isNumber: true },
    last[stage],
  ]
}

function show(given: Given): Promise<number> {
  const [id = ''] = idsOf(given.atLeastOne('the id of a job'))
  return asOperator(async ({ db }) => {
    const { job, operation, ended, isComplete } = await findJob(db, id)
    if (job === undefined && operation === undefined && ended === undefined)
      throw operatorErrors.MILLRACE_QUEUE_JOB_NOT_FOUND({ id, looked: FIND_COUNT_MAX, isComplete })
    return say(given.isJson, { job: job ?? null, operation: operation ?? null, ended: ended ?? null, isComplete }, () =>
      describeJob({ id, job, operation, ended, isComplete }),
    )
  })
}

function cancel(given: Given): Promise<number> {
  const ids = idsOf(given.atLeastOne('the id of a job'))
  return asOperator(async ({ db, hints }) => {
    const jobs: { readonly id: string; readonly status: 'cancelled' | 'running' }[] = []
    for (const id of ids) jobs.push({ id, status: await cancelJob(db, id, { hints }) })
    return say(given.isJson, { jobs }, () =>
      jobs.map(({ id, status }) => `${id} ${status === 'cancelled' ? 'is cancelled' : 'is told to stop'}\n`).join(''),
    )
  })
}
