/** What settlements mean to other processes, said as hints. */
import type { Hints } from '../queue/hints.ts'
import type { Settlement } from '../queue/settle.ts'
import type { Feed, Source } from './feed.ts'

/** Answers what tells, after settlements, whoever waits for the job or for work that something has changed. */
export function settlementHints(hints: Hints, feeds: readonly Feed[]): (settlements: readonly Settlement[]) => void {
  let sources: readonly (readonly Source[])[] = []
  let besides: ReadonlyMap<number, Beside> = new Map()
  const tell = ({ entry, isTracked, outcome: { kind } }: Settlement): void => {
    const beside = besides.get(entry.lane)
    if (isTracked) hints.operationChanged(entry.id)
    if (kind === 'retry' || kind === 'postponed') hints.deferred()
    // in a governed queue its end makes room for others
    const isWork = kind === 'returned' || kind === 'crashed' || beside?.isGoverned === true
    if (isWork && beside !== undefined) for (const lane of beside.lanes) hints.workIn(lane)
  }
  return (settlements) => {
    if (feeds.some((feed, n) => feed.sources !== sources[n])) {
      sources = feeds.map((feed) => feed.sources)
      besides = besidesOf(feeds)
    }
    settlements.forEach(tell)
  }
}

function besidesOf(feeds: readonly Feed[]): ReadonlyMap<number, Beside> {
  const besides = new Map<number, Beside>()
  for (const { queue, sources } of feeds) {
    const ofQueue = feeds.filter((feed) => feed.queue === queue).flatMap((feed) => feed.sources)
    const isGoverned = ofQueue.some((source) => source.isGoverned)
    const beside = { lanes: ofQueue.flatMap((source) => source.hintedBy), isGoverned }
    for (const { lane } of sources) besides.set(lane, beside)
  }
  return besides
}

/** The lanes of the queue that a lane belongs to. */
interface Beside {
  readonly lanes: readonly number[]
  readonly isGoverned: boolean
}
