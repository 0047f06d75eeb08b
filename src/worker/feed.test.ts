import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { CLAIM_COUNT_MAX } from '../queue/claim.ts'
import { ClaimedEntry } from '../queue/claimed.ts'
import { CAREFUL_MS, Feed, PACK_MS, PREFETCH_MS, type Source, STRANDED_MS } from './feed.ts'

interface Lab {
  readonly feed: Feed
  now: number
  /** Ends the job that started first. */
  endOne(): Promise<void>
  readonly started: string[]
}

function lab(options: { concurrency?: number; isOneByOne?: boolean; sources?: readonly Source[] } = {}): Lab {
  const endings: (() => void)[] = []
  const made: Lab = {
    now: 0,
    started: [],
    async endOne() {
      endings.shift()?.()
      await new Promise((resolve) => setImmediate(resolve))
    },
    feed: new Feed({
      queue: 'default',
      sources: options.sources ?? [source(1, 1)],
      concurrency: options.concurrency ?? 2,
      isOneByOne: options.isOneByOne ?? false,
      monotonic: () => made.now,
      onFree: () => {},
      start: (job, ended) => {
        made.started.push(job.id)
        endings.push(ended)
      },
    }),
  }
  return made
}

const jobs = (...ids: readonly string[]): readonly ClaimedEntry[] => ids.map((id) => entry({ id }))

const source = (lane: number, weight: number): Source => ({
  lane,
  hintedBy: [lane],
  isGoverned: false,
  weight,
  hasMore: false,
})

function entry(row: { readonly id?: string; readonly count?: number; readonly crashes?: number }): ClaimedEntry {
  const { id = 'a', count = 1, crashes = 0 } = row
  const pack = count > 1 ? Buffer.alloc(16 * count) : null
  const facts = {
    lease: '1',
    xid: '1',
    seq: '1',
    task: 't',
    tracked: false,
    attempt: 0,
    crashes,
    headers: null,
    holds: false,
  }
  return new ClaimedEntry({ ...facts, id, count, pack, payload: '{}' }, 1)
}

describe('a feed', () => {
  test('asks for its free slots at first, and for nothing ahead of what it has not measured', () => {
    assert.equal(lab({ concurrency: 5 }).feed.room, 5)
  })

  test('starts as many jobs as it has slots, in order, and the next as each ends', async () => {
    const l = lab()
    l.feed.add(jobs('a', 'b', 'c'))
    assert.deepEqual([l.started, l.feed.waiting], [['a', 'b'], 1])
    await l.endOne()
    assert.deepEqual(l.started, ['a', 'b', 'c'])
  })

  test('claims ahead as much as the measured jobs fit into PREFETCH_MS', async () => {
    const l = lab({ concurrency: 2 })
    l.feed.add(jobs('a'))
    l.now += PREFETCH_MS / 5
    await l.endOne()
    assert.equal(l.feed.room, 2 + 2 * 5)
  })

  test('claims nothing ahead of slow jobs, and never more than one claim holds', async () => {
    const slow = lab({ concurrency: 2 })
    slow.feed.add(jobs('a'))
    slow.now += 10_000
    await slow.endOne()
    assert.equal(slow.feed.room, 2)
    const fast = lab({ concurrency: 1_000 })
    fast.feed.add(jobs('a'))
    await fast.endOne()
    assert.equal(fast.feed.room, CLAIM_COUNT_MAX)
  })

  test('hands back what has waited while no slot became free', async () => {
    const l = lab({ concurrency: 1 })
    l.feed.add(jobs('slow', 'stranded'))
    l.now += STRANDED_MS - 1
    assert.deepEqual(l.feed.takeWaiting('stranded'), [])
    l.now += 1
    assert.deepEqual(
      l.feed.takeWaiting('stranded').map((job) => job.id),
      ['stranded'],
    )
    assert.deepEqual([l.feed.waiting, l.feed.room], [0, 0], 'and takes no more while all slots are held')
  })

  test('counts the jobs of a pack, and hands each out on its own', async () => {
    const l = lab({ concurrency: 2 })
    l.feed.add([entry({ count: 3 }), entry({ id: 'b' })])
    assert.deepEqual([l.started.length, l.feed.waiting], [2, 2])
    assert.deepEqual(
      l.feed.takeWaiting('all').map((job) => job.n),
      [2, 0],
    )
  })

  test('takes packs only of jobs that end together: none before it has measured, none of slow ones', async () => {
    const l = lab({ concurrency: 10 })
    assert.equal(l.feed.packMax, 1)
    l.feed.add(jobs('a'))
    l.now += PACK_MS / 2
    await l.endOne()
    assert.equal(l.feed.packMax, 20)
    const slow = lab({ concurrency: 10 })
    slow.feed.add(jobs('a'))
    slow.now += 10 * PACK_MS
    await slow.endOne()
    assert.equal(slow.feed.packMax, 1)
  })

  test('draws from its lanes by their weights while several have work, and from the only one otherwise', () => {
    const high = source(1, 16)
    const low = source(2, 1)
    high.hasMore = true
    low.hasMore = true
    const { feed } = lab({ sources: [high, low] })
    const tickets = Array.from({ length: 17 }, (_, n) => n / 17)
    const drawn = tickets.map((ticket) => feed.draw(() => ticket)?.lane)
    assert.deepEqual([drawn.filter((lane) => lane === 1).length, drawn.filter((lane) => lane === 2).length], [16, 1])
    high.hasMore = false
    assert.equal(feed.draw(() => 0)?.lane, 2)
    low.hasMore = false
    assert.equal(
      feed.draw(() => 0),
      undefined,
    )
  })

  test('holds no job ahead under which a worker has died, and claims nothing ahead beside such jobs', async () => {
    const l = lab({ concurrency: 2 })
    l.feed.add(jobs('quick'))
    await l.endOne()
    assert.ok(l.feed.room > 2)
    const suspects = ['a', 'b', 'c'].map((id) => entry({ id, crashes: 1 }))
    const back = l.feed.add([...suspects.slice(0, 1), ...jobs('new'), ...suspects.slice(1), ...jobs('next')])
    assert.deepEqual(
      back.map((job) => job.id),
      ['b', 'c'],
    )
    assert.deepEqual([l.started.slice(1), l.feed.waiting], [['a', 'new'], 1])
    await l.endOne()
    await l.endOne()
    assert.deepEqual([l.started.slice(3), l.feed.room], [['next'], 1], 'its free slot and no more')
    await l.endOne()
    l.now += CAREFUL_MS
    assert.ok(l.feed.room > 2)
  })

  test('of a quarantine lane takes one job at a time', async () => {
    const l = lab({ concurrency: 1, isOneByOne: true })
    assert.equal(l.feed.room, 1)
    l.feed.add(jobs('a'))
    assert.equal(l.feed.room, 0)
    await l.endOne()
    assert.equal(l.feed.room, 1)
  })
})
