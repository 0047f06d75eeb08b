/** What the server has written so far: the same work costs the same, on whatever machine. */

/** Nothing but the work in question may run on the server between two readings. */
export interface Counters {
  /** Bytes of the write-ahead log. */
  readonly walBytes: number
  /** Transaction ids: one for each transaction that wrote. */
  readonly xids: number
}

export const COUNTERS = `select (pg_current_wal_insert_lsn() - '0/0')::float8 as "walBytes",
  pg_snapshot_xmax(pg_current_snapshot())::text::float8 as xids`

export function between(before: Counters, after: Counters): Counters {
  return { walBytes: after.walBytes - before.walBytes, xids: after.xids - before.xids }
}
