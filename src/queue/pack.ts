/** Jobs that are submitted together go into the log as packs: one entry for many of them. */

import { PACK_COUNT_MAX } from './claimed.ts'
import type { NewJob, Place } from './new-job.ts'
import { liesInBlob } from './payload/envelope.ts'

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
  readonly place: Place | null
}

interface Open {
  readonly lane: number
  readonly task: string
  readonly headers: string | null
  readonly place: Place | null
  readonly ids: string[]
  readonly payloads: string[]
  chars: number
}

/**
 * Packs jobs that are alike but for their input, in their order. All must be plain: untracked, undelayed, without a key. A
 * job whose input lies in a blob has an entry of its own: an index knows it by its payload.
 */
export function pack(jobs: readonly NewJob[]): readonly NewEntry[] {
  const all: Open[] = []
  const open = new Map<string, Open>()
  let last: Open | undefined
  for (const job of jobs) {
    const { id, payload } = job
    if (liesInBlob(payload)) {
      all.push({ ...begin(job), ids: [id], payloads: [payload] })
      last = undefined
      continue
    }
    // jobs of a key keep their order: they join the entry before them or none
    const isInOrder = job.place !== null && job.place.key !== null
    if (last === undefined || !isAlike(last, job)) last = isInOrder ? undefined : open.get(kindOf(job))
    if (last === undefined || last.ids.length >= PACK_COUNT_MAX || last.chars + payload.length > PACK_CHARS_MAX) {
      last = begin(job)
      open.set(kindOf(job), last)
      all.push(last)
    }
    last.ids.push(id)
    last.payloads.push(payload)
    last.chars += payload.length
  }
  return all.map(closed)
}

function begin({ lane, task, headers, place }: NewJob): Open {
  return { lane, task, headers, place, ids: [], payloads: [], chars: 0 }
}

function isAlike(a: Open, b: NewJob): boolean {
  return a.lane === b.lane && a.task === b.task && a.headers === b.headers && a.place === b.place
}

function kindOf({ lane, task, headers, place }: NewJob): string {
  return JSON.stringify([lane, task, headers, place])
}

function closed({ lane, task, headers, place, ids, payloads }: Open): NewEntry {
  const count = ids.length
  const isPack = count > 1
  return {
    lane,
    id: ids[0] ?? '',
    task,
    payload: isPack ? `[${payloads.join()}]` : (payloads[0] ?? ''),
    headers,
    place,
    count,
    pack: isPack ? ids.join('').replaceAll('-', '') : null,
  }
}
