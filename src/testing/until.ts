/** Waiting in tests: for a condition, with a deadline, never for a time. */
import { systemClock } from '../kernel/clock.ts'

const LOOK_MS = 10
const UNTIL_MS_MAX = 20_000

/** What is left of an answer that was truthy. */
export type Found<T> = Exclude<NonNullable<T>, false>

/** Resolves with the first truthy answer. @throws after `msMax`, saying what was waited for. */
export async function until<T>(what: string, look: () => T | Promise<T>, msMax = UNTIL_MS_MAX): Promise<Found<T>> {
  const startedAt = systemClock.monotonic()
  for (;;) {
    const answer = await look()
    if (answer) return answer as Found<T>
    if (systemClock.monotonic() - startedAt > msMax) throw new Error(`waited ${msMax} ms in vain: ${what}`)
    await systemClock.sleep(LOOK_MS)
  }
}
