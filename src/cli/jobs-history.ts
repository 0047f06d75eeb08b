/** `millrace jobs history`: what became of jobs that have ended. */
import { ENDED_STATUSES, type EndedJob, listHistory } from '../queue/history.ts'
import { PAGE_COUNT_MAX } from '../queue/jobs.ts'
import { AFTER_OPTION, choiceOf, LIMIT_OPTION, limitOf, positionInWords, positionOf } from './arguments-of-operators.ts'
import { momentInWords } from './in-words.ts'
import { asOperator } from './operator.ts'
import type { Given, Subcommand } from './subcommands.ts'
import { type Column, table } from './table.ts'
import { say, terminalWidth } from './terminal.ts'

export const HISTORY: Subcommand = {
  name: 'history',
  about: 'Shows jobs that have ended, newest first, as far as they are remembered.',
  details: [
    "Failures, cancellations and tracked jobs; of tasks with history: 'all' every job, of those with 'none' none.",
  ],
  options: {
    status: { value: 'status', about: `only ${ENDED_STATUSES.join(', ')}` },
    queue: { value: 'queue', about: 'only of this queue' },
    task: { value: 'task', about: 'only of this task' },
    limit: LIMIT_OPTION,
    after: AFTER_OPTION,
  },
  run: history,
}

function history(given: Given): Promise<number> {
  const [status, queue, task] = [choiceOf(given, 'status', ENDED_STATUSES), given.text('queue'), given.text('task')]
  const limit = limitOf(given, PAGE_COUNT_MAX)
  const after = positionOf(given)
  return asOperator(async ({ db }) => {
    const jobs = await listHistory(db, {
      limit,
      ...(status && { status }),
      ...(queue !== undefined && { queue }),
      ...(task !== undefined && { task }),
      ...(after && { after: { id: after.id, endedAt: after.at } }),
    })
    const last = jobs.length < limit ? undefined : jobs.at(-1)
    const next = last === undefined ? null : positionInWords(last.endedAt, last.id)
    return say(given.isJson, { jobs, next }, () => {
      if (jobs.length === 0) return 'No such job is remembered.\n'
      return `${table(jobs, COLUMNS, terminalWidth())}${next === null ? '' : `More: --after ${next}\n`}`
    })
  })
}

const COLUMNS: readonly Column<EndedJob>[] = [
  { head: 'ID', cell: ({ id }) => id },
  { head: 'ENDED', cell: ({ endedAt }) => momentInWords(endedAt) },
  { head: 'STATUS', cell: ({ status, reason }) => (reason === null ? status : `${status} (${reason})`) },
  { head: 'QUEUE', cell: ({ queue }) => queue, canShrink: true },
  { head: 'TASK', cell: ({ task }) => task, canShrink: true },
  { head: 'ATTEMPTS', cell: ({ attempt }) => String(attempt), isNumber: true },
  { head: 'LAST ERROR', cell: ({ errors }) => errors.at(-1)?.message ?? '', canShrink: true },
]
