/** The backlogs: how claims, and the jobs of others, fare behind millions of jobs, beside the same on an empty queue. */
import { statfsSync } from 'node:fs'
import type { PostgresServer } from '../servers/postgres.ts'
import type { BacklogSizes } from '../sizes.ts'
import { bigTenant, crowded, stuckKey } from './governed.ts'
import { deferred, queued } from './plain.ts'
import type { BacklogRow, BacklogRun } from './scenario.ts'
import { waiting } from './waiting.ts'

/** Bytes on disk of a queued and of a deferred job, indexes included; one scenario is there at a time. */
const ROW_BYTES_MAX = 300
/** The write-ahead log, and everything else. */
const BASE_BYTES = 5 * 1024 ** 3
const GB = 1024 ** 3
/** Whoever wants more says so with a disk of their own. */
const BYTES_MAX = 15 * GB

export interface BacklogFound {
  readonly rows: readonly BacklogRow[]
  readonly failures: readonly string[]
}

/** Runs all scenarios, one after the other. One that fails is told and left out. */
export async function measureBacklog(
  postgres: PostgresServer,
  home: string,
  sizes: BacklogSizes,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<BacklogFound> {
  checkDisk(home, sizes)
  const run: BacklogRun = { postgres, sizes, signal, say: (line) => say(`backlog  ${line}`) }
  const rows: BacklogRow[] = []
  const failures: string[] = []
  const scenarios = {
    'jobs queued': () => queued(run),
    'jobs deferred': () => deferred(run),
    'jobs behind a key': () => crowded(run, stuckKey(run)),
    'a big tenant': () => crowded(run, bigTenant(run)),
    'a big tenant, with a worker': () => waiting(run),
  }
  for (const [name, scenario] of Object.entries(scenarios)) {
    signal.throwIfAborted()
    try {
      const found = await scenario()
      rows.push(...found)
      for (const row of found) say(`backlog  ${lineOf(row)}`)
    } catch (thrown) {
      signal.throwIfAborted()
      failures.push(`Backlog, ${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
    }
  }
  return { rows, failures }
}

/** @throws when there is no room, before anything is written. */
function checkDisk(home: string, { rowCount }: BacklogSizes): void {
  const needed = rowCount * ROW_BYTES_MAX + BASE_BYTES
  const { bavail, bsize } = statfsSync(home)
  const free = bavail * bsize
  const gigabytes = (bytes: number): string => `${(bytes / GB).toFixed(1)} GB`
  if (needed > BYTES_MAX)
    throw new Error(`${rowCount} rows would take ${gigabytes(needed)}, more than ${gigabytes(BYTES_MAX)}: use --rows`)
  if (needed > free)
    throw new Error(`${rowCount} rows take ${gigabytes(needed)}, but only ${gigabytes(free)} are free: use --rows`)
}

function lineOf({ scenario, figure, empty, full, ratio }: BacklogRow): string {
  const show = (ms: number): string => ms.toFixed(2)
  return `${scenario}, ${figure}: p99 ${show(full.p99)} ms, empty ${show(empty.p99)} ms (${ratio.toFixed(2)} ×)`
}
