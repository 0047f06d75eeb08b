import { systemClock } from '../kernel/clock.ts'
import {
  countDeadLetters,
  DEAD_REASONS,
  type DeadFilter,
  type DeadLetter,
  getDeadLetter,
  listDeadLetters,
} from '../queue/dead-letters.ts'
import { PAGE_COUNT_MAX } from '../queue/jobs.ts'
import {
  AFTER_OPTION,
  APP_OPTION,
  choiceOf,
  idsOf,
  LIMIT_OPTION,
  limitOf,
  momentOf,
  positionInWords,
  positionOf,
} from './arguments-of-operators.ts'
import { discard, redrive } from './dead-runs.ts'
import { countInWords, momentInWords } from './in-words.ts'
import { describeDeadLetter } from './job-in-words.ts'
import { asOperator } from './operator.ts'
import { type Given, type Option, runSubcommand, type Subcommand } from './subcommands.ts'
import { type Column, table } from './table.ts'
import { say, terminalWidth } from './terminal.ts'

const FILTER_OPTIONS: Readonly<Record<string, Option>> = {
  queue: { value: 'queue', about: 'only of this queue' },
  task: { value: 'task', about: 'only of this task' },
  reason: { value: 'reason', about: `only for this reason: ${DEAD_REASONS.join(', ')}` },
  code: { value: 'CODE', about: 'only those that died of an error with this code' },
  'died-after': { value: 'moment', about: 'only since then: a date, or so long ago (15m, 2h, 7d)' },
  'died-before': { value: 'moment', about: 'only before then' },
}
const ALL_OPTION: Option = { about: 'all of them' }

const SUBCOMMANDS: readonly Subcommand[] = [
  {
    name: 'list',
    about: 'Shows dead letters, newest first.',
    options: { ...FILTER_OPTIONS, limit: LIMIT_OPTION, after: AFTER_OPTION },
    run: list,
  },
  {
    name: 'show',
    words: '<id>',
    about: 'Shows one dead letter: its input, and the errors of all its attempts.',
    options: {},
    run: show,
  },
  {
    name: 'redrive',
    words: '[<id> …]',
    about: 'Puts dead letters back into their queues with a clean slate: these, those that fit, or --all.',
    details: [
      'At a rate, each gets its time at once and is then a scheduled job: the command need not go on running.',
      'Stopped half way, it has redriven some, and the others are dead letters as before. Two at once share the work.',
    ],
    options: {
      ...FILTER_OPTIONS,
      all: ALL_OPTION,
      'per-second': { value: 'n', about: 'so many a second at most' },
      input: { value: 'json', about: 'with this input instead; for one id, checked against the schema of its task' },
      app: APP_OPTION,
    },
    run: (given) => redrive(given, filterOf(given)),
  },
  {
    name: 'discard',
    words: '[<id> …]',
    about: 'Forgets dead letters for good: these, those that fit, or --all.',
    details: ['Without --yes it only says how many that would be.'],
    options: { ...FILTER_OPTIONS, all: ALL_OPTION, yes: { about: 'do it' } },
    run: (given) => discard(given, filterOf(given)),
  },
]

export function run(args: readonly string[]): Promise<number> {
  return runSubcommand('dead', SUBCOMMANDS, args)
}

/** Which are meant. */
function filterOf(given: Given): DeadFilter {
  const nowMs = systemClock.now()
  const all = {
    ids: given.words.length > 0 ? idsOf(given.words) : undefined,
    queue: given.text('queue'),
    task: given.text('task'),
    reason: choiceOf(given, 'reason', DEAD_REASONS),
    code: given.text('code'),
    diedAfter: momentOf(given, 'died-after', nowMs),
    diedBefore: momentOf(given, 'died-before', nowMs),
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

function list(given: Given): Promise<number> {
  const filter = filterOf(given)
  const limit = limitOf(given, PAGE_COUNT_MAX)
  const after = positionOf(given)
  return asOperator(async ({ db }) => {
    const letters = await listDeadLetters(db, {
      limit,
      filter,
      ...(after && { after: { id: after.id, diedAt: after.at } }),
    })
    const total = await countDeadLetters(db, filter)
    const last = letters.length < limit ? undefined : letters.at(-1)
    const next = last === undefined ? null : positionInWords(last.diedAt, last.id)
    return say(given.isJson, { deadLetters: letters, total, next }, () => {
      if (letters.length === 0) return 'There are no such dead letters.\n'
      const more = next === null ? '' : `${countInWords(total)} in all. More: --after ${next}\n`
      return `${table(letters, COLUMNS, terminalWidth())}${more}`
    })
  })
}

const COLUMNS: readonly Column<DeadLetter>[] = [
  { head: 'ID', cell: ({ id }) => id },
  { head: 'DIED', cell: ({ diedAt }) => momentInWords(diedAt) },
  { head: 'QUEUE', cell: ({ queue }) => queue, canShrink: true },
  { head: 'TASK', cell: ({ task }) => task, canShrink: true },
  { head: 'REASON', cell: ({ reason }) => reason },
  { head: 'CODE', cell: ({ code }) => code ?? '', canShrink: true },
  { head: 'LAST ERROR', cell: ({ errors }) => errors.at(-1)?.message ?? '', canShrink: true },
]

function show(given: Given): Promise<number> {
  const [id = ''] = idsOf(given.atLeastOne('the id of a dead letter'))
  return asOperator(async ({ db }) => {
    const letter = await getDeadLetter(db, id)
    return say(given.isJson, { deadLetter: letter }, () => describeDeadLetter(letter))
  })
}
