/** Who may go on following an event stream, when the stores that know it are slow or away. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { sessionErrors } from '../session/errors.ts'
import { VirtualClock } from '../testing/virtual-clock.ts'
import { RIGHTS_CHECK_MS, RIGHTS_UNSURE_MS_MAX, StreamRights } from './stream-rights.ts'

/** One stream, whose rights are what `answer` says at each look. */
function followed(answer: () => Promise<boolean>) {
  const clock = new VirtualClock(0)
  const seen = { looks: 0, ends: 0 }
  const look = (): Promise<boolean> => {
    seen.looks += 1
    return answer()
  }
  const unwatch = new StreamRights(clock).watch(look, () => {
    seen.ends += 1
  })
  return {
    seen,
    unwatch,
    async pass(ms: number): Promise<void> {
      for (const end = clock.now() + ms; clock.now() < end; ) {
        clock.moveTo(Math.min(end, clock.now() + RIGHTS_CHECK_MS))
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}

const away = async (): Promise<boolean> => {
  throw sessionErrors.MILLRACE_SESSION_STORE_AWAY({ why: 'a test' })
}

describe('Q9: an event stream', () => {
  test('goes on as long as its reader may follow it, and is looked at once a second', async () => {
    const t = followed(async () => true)
    await t.pass(60_000)
    assert.deepEqual(t.seen, { looks: 60, ends: 0 })
    t.unwatch()
    await t.pass(60_000)
    assert.equal(t.seen.looks, 60)
  })

  test('ends at the first no, once', async () => {
    const t = followed(async () => false)
    await t.pass(10_000)
    assert.deepEqual(t.seen, { looks: 1, ends: 1 })
  })

  test('ends at an error that no other try will mend', async () => {
    const t = followed(async () => {
      throw new Error('a mistake')
    })
    await t.pass(RIGHTS_CHECK_MS)
    assert.equal(t.seen.ends, 1)
  })

  test('outlives a store that is away for a moment', async () => {
    let isAway = false
    const t = followed(() => (isAway ? away() : Promise.resolve(true)))
    for (let n = 0; n < 5; n += 1) {
      isAway = true
      await t.pass(RIGHTS_UNSURE_MS_MAX - 2 * RIGHTS_CHECK_MS)
      isAway = false
      await t.pass(RIGHTS_CHECK_MS)
    }
    assert.equal(t.seen.ends, 0)
  })

  test('ends when nobody could say for five seconds whether its reader may follow it', async () => {
    const t = followed(away)
    await t.pass(RIGHTS_UNSURE_MS_MAX - 1)
    assert.equal(t.seen.ends, 0)
    await t.pass(1)
    assert.equal(t.seen.ends, 1)
  })

  test('ends as well when the look itself hangs, and is not looked at a second time meanwhile', async () => {
    const t = followed(() => new Promise(() => {}))
    await t.pass(RIGHTS_UNSURE_MS_MAX)
    assert.deepEqual(t.seen, { looks: 1, ends: 1 })
  })
})
