import type { KeyPolicy, Rate } from '../contract/queue.ts'
import { systemClock } from '../kernel/clock.ts'
import { pauseQueue, resumeQueue } from '../queue/pause.ts'
import { listQueues, type QueueOverview } from '../queue/queues.ts'
import { countInWords, durationInWords, momentInWords } from './in-words.ts'
import { asOperator } from './operator.ts'
import { type Given, runSubcommand, type Subcommand } from './subcommands.ts'
import { type Column, table } from './table.ts'
import { say, terminalWidth } from './terminal.ts'

const SUBCOMMANDS: readonly Subcommand[] = [
  {
    name: 'list',
    about:
      'Shows all queues: how many jobs wait, run, are scheduled, parked and dead, how old the oldest is, and the rules.',
    details: ['Counts are exact up to 10,000 of a kind; a larger one is an estimate, and begins with ~.'],
    options: {},
    run: list,
  },
  {
    name: 'pause',
    words: '<queue> …',
    about: 'Lets no worker, anywhere, take a job from these queues until they are resumed. What runs goes on.',
    details: ['Jobs can still be submitted. A pause stays over restarts and new releases.'],
    options: {},
    run: pause,
  },
  {
    name: 'resume',
    words: '<queue> …',
    about: 'Lets workers take jobs from these queues again; idle ones begin at once.',
    options: {},
    run: resume,
  },
]

export function run(args: readonly string[]): Promise<number> {
  return runSubcommand('queues', SUBCOMMANDS, args)
}

function list({ isJson }: Given): Promise<number> {
  return asOperator(async ({ db }) => {
    const queues = await listQueues(db)
    return say(isJson, { queues }, () =>
      queues.length === 0
        ? 'There are no queues yet: they are made when an application first starts.\n'
        : table(queues, columns(systemClock.now()), terminalWidth()),
    )
  })
}

function columns(nowMs: number): readonly Column<QueueOverview>[] {
  const counted = (head: string, of: 'waiting' | 'running' | 'scheduled' | 'parked' | 'dead') => ({
    head,
    cell: (overview: QueueOverview) => countInWords(overview[of]),
    isNumber: true,
  })
  return [
    { head: 'QUEUE', cell: ({ queue }) => queue, canShrink: true },
    counted('WAITING', 'waiting'),
    counted('RUNNING', 'running'),
    counted('SCHEDULED', 'scheduled'),
    counted('PARKED', 'parked'),
    counted('DEAD', 'dead'),
    {
      head: 'OLDEST',
      cell: ({ oldestSubmittedAt: at }) => (at === null ? '' : durationInWords(nowMs - at.getTime())),
      isNumber: true,
    },
    { head: 'STATE', cell: stateOf, canShrink: true },
    { head: 'RULES', cell: rulesOf, canShrink: true },
  ]
}

function stateOf({ pausedAt, slots }: QueueOverview): string {
  if (pausedAt !== null) return `paused since ${momentInWords(pausedAt)}`
  if (slots === null) return 'open'
  const { held, limit, nextStartAt } = slots
  const rate = nextStartAt === null ? '' : `, next start ${momentInWords(nextStartAt)}`
  return `${limit === null ? 'open' : `${held} of ${limit} slots`}${rate}`
}

function rulesOf({ policy: { concurrency, rate, perKey, isFair }, partitions }: QueueOverview): string {
  const rules = [
    ...(partitions === 1 ? [] : [`${partitions} partitions`]),
    ...(concurrency === undefined ? [] : [`${concurrency} at a time`]),
    ...(rate === undefined ? [] : [inRate(rate)]),
    ...(perKey === undefined ? [] : [inKey(perKey)]),
    ...(isFair ? ['fair'] : []),
  ]
  return rules.join('; ')
}

function inKey({ concurrency, order, rate }: KeyPolicy): string {
  const rules = [
    ...(order === 'fifo' ? ['in order'] : []),
    ...(concurrency === undefined ? [] : [`${concurrency} at a time`]),
    ...(rate === undefined ? [] : [inRate(rate)]),
  ]
  return `per key ${rules.join(', ')}`
}

function inRate({ count, perMs }: Rate): string {
  return `${count} per ${perMs < 1_000 ? `${perMs} ms` : durationInWords(perMs)}`
}

function pause(given: Given): Promise<number> {
  const queues = given.atLeastOne('the name of a queue')
  return asOperator(async ({ db }) => {
    const paused: { readonly queue: string; readonly pausedAt: Date }[] = []
    for (const queue of queues) paused.push({ queue, pausedAt: await pauseQueue(db, queue) })
    return say(given.isJson, { paused }, () =>
      paused.map(({ queue, pausedAt }) => `${queue} is paused since ${momentInWords(pausedAt)}\n`).join(''),
    )
  })
}

function resume(given: Given): Promise<number> {
  const resumed = given.atLeastOne('the name of a queue')
  return asOperator(async ({ db, hints }) => {
    for (const queue of resumed) await resumeQueue(db, queue, { hints })
    return say(given.isJson, { resumed }, () => resumed.map((queue) => `${queue} goes on\n`).join(''))
  })
}
