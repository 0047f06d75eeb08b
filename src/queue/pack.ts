/** Jobs that are submitted together go into the log as packs: one entry for many of them. */

import { PACK_COUNT_MAX } from './claimed.ts'
import type { NewJob } from './new-job.ts'

/** Characters of payload in one pack: with the ids of its jobs it fits into a page of the database. */
const PACK_CHARS_MAX = 5_000

/** One entry to be written. */
export interface NewEntry {
  readonly lane: number
  readonly id: string
  readonly task: string
  readonly payload: string
  readonly headers: string | null
  readonly count: number
  /** The ids of all its jobs, in hexadecimal; null for a single one. */
  readonly pack: string | null
}

interface Open {
  readonly lane: number
  readonly task: string
  readonly headers: string | null
  readonly ids: string[]
  readonly payloads: string[]
  chars: number
}

/** Packs jobs of the same lane and task, in their order. All must be plain: untracked, undelayed, without a key. */
export function pack(jobs: readonly NewJob[]): readonly NewEntry[] {
  const all: Open[] = []
  const open = new Map<string, Open>()
  let last: Open | undefined
  for (const { lane, task, headers, id, payload } of jobs) {
    if (last === undefined || !fits(last, lane, task, headers)) last = open.get(`${lane} ${task} ${headers}`)
    if (last === undefined || last.ids.length >= PACK_COUNT_MAX || last.chars + payload.length > PACK_CHARS_MAX) {
      last = { lane, task, headers, ids: [], payloads: [], chars: 0 }
      open.set(`${lane} ${task} ${headers}`, last)
      all.push(last)
    }
    last.ids.push(id)
    last.payloads.push(payload)
    last.chars += payload.length
  }
  return all.map(closed)
}

function fits(pack: Open, lane: number, task: string, headers: string | null): boolean {
  return pack.lane === lane && pack.task === task && pack.headers === headers
}

function closed({ lane, task, headers, ids, payloads }: Open): NewEntry {
  const count = ids.length
  const isPack = count > 1
  return {
    lane,
    id: ids[0] ?? '',
    task,
    payload: isPack ? `[${payloads.join()}]` : (payloads[0] ?? ''),
    headers,
    count,
    pack: isPack ? ids.join('').replaceAll('-', '') : null,
  }
}
