import { listSchedules, type ScheduleOverview } from '../schedule/list-schedules.ts'
import { APP_OPTION, findApp } from './arguments-of-operators.ts'
import { momentInWords } from './in-words.ts'
import { asOperator } from './operator.ts'
import { type Given, runSubcommand, type Subcommand } from './subcommands.ts'
import { table } from './table.ts'
import { say, terminalWidth } from './terminal.ts'

/** Ticks ahead that are shown. */
const NEXT_COUNT = 3

const SUBCOMMANDS: readonly Subcommand[] = [
  {
    name: 'list',
    about: 'Shows schedules: when each was fired last, and when it comes next.',
    details: [
      'Patterns stand in the application: without it (--app), only what the database remembers is shown.',
      'Moments are in UTC; a pattern is read in the zone of its schedule.',
    ],
    options: { app: APP_OPTION },
    run: list,
  },
]

export function run(args: readonly string[]): Promise<number> {
  return runSubcommand('schedules', SUBCOMMANDS, args)
}

async function list(given: Given): Promise<number> {
  const app = await findApp(given)
  return asOperator(async ({ db }) => {
    const schedules = await listSchedules(db, app?.contract.schedules ?? new Map(), NEXT_COUNT)
    return say(given.isJson, { schedules }, () =>
      schedules.length === 0 ? 'There are no schedules.\n' : inTable(schedules),
    )
  })
}

function inTable(schedules: readonly ScheduleOverview[]): string {
  return table(
    schedules,
    [
      { head: 'SCHEDULE', cell: ({ schedule }) => schedule, canShrink: true },
      { head: 'PATTERN', cell: ({ cron }) => cron ?? 'not of this release' },
      { head: 'ZONE', cell: ({ zone }) => zone ?? '', canShrink: true },
      { head: 'TASK', cell: ({ task }) => task ?? '', canShrink: true },
      { head: 'LAST TICK', cell: ({ lastTick }) => (lastTick === null ? 'never' : momentInWords(lastTick.dueAt)) },
      { head: 'NEXT TICKS', cell: ({ nextAt }) => nextAt.map(momentInWords).join(', '), canShrink: true },
    ],
    terminalWidth(),
  )
}
