/** Jobs as they are written, made without a contract. */
import { newRandomId } from '../kernel/ids.ts'
import { note } from '../worker/fixture/tasks.ts'
import type { NewJob } from './new-job.ts'

/** A plain job of `note` in a lane, but for what `of` says. */
export function noteIn(lane: number, of: Partial<NewJob> = {}): NewJob {
  return {
    lane,
    id: newRandomId(),
    task: note.name,
    isTracked: false,
    payload: '{"text":"a"}',
    headers: null,
    delayMs: null,
    runAtMs: null,
    idempotencyKey: null,
    idempotencyMs: 3_600_000,
    isUnique: false,
    place: null,
    ...of,
  }
}
