/**
 * Following many operations at once without starving the page: a browser opens six connections to a server and no more,
 * and each event stream holds one for as long as it lasts. So the oldest few operations, which are the ones being worked
 * on, get a live stream; the others wait their turn and are asked one by one, slowly.
 */

import { serverThere } from './connection.ts'
import { askOperation, type Operation, type Standing, standingOf } from './operations.ts'

const STREAMS_MAX = 2
const ROUND_MS = 900

interface Followed {
  readonly path: string
  readonly tell: (standing: Standing) => void
  readonly stop: AbortController
  stream: EventSource | undefined
  /** The stream broke before it told the end: from now on this one is asked. */
  isAskedOnly: boolean
}

const followed = new Set<Followed>()
let isAsking = false

/** Tells how the operation at `path` stands, again and again until it is over. Returns how to stop early. */
export function followOperation(path: string, tell: (standing: Standing) => void): () => void {
  const one: Followed = { path, tell, stop: new AbortController(), stream: undefined, isAskedOnly: false }
  followed.add(one)
  openStreams()
  void askTheOthers()
  return () => leave(one)
}

function leave(one: Followed): void {
  one.stop.abort()
  one.stream?.close()
  if (followed.delete(one)) openStreams()
}

function hear(one: Followed, standing: Standing): void {
  if (!followed.has(one)) return
  if (standing.kind !== 'going') leave(one)
  one.tell(standing)
}

function openStreams(): void {
  let open = [...followed].filter((one) => one.stream).length
  for (const one of followed) {
    if (open >= STREAMS_MAX) return
    if (one.stream || one.isAskedOnly) continue
    openStream(one)
    open += 1
  }
}

function openStream(one: Followed): void {
  const stream = new EventSource(`${one.path}/events`)
  one.stream = stream
  stream.addEventListener('operation', (event) => {
    try {
      hear(one, standingOf(JSON.parse(String(event.data)) as Operation))
    } catch {
      fallBack(one) // not the JSON that was agreed on: asking tells more
    }
  })
  // The browser connects again by itself after a break, but not after an answer that is no stream. Asking is right for both.
  stream.addEventListener('error', () => fallBack(one))
}

function fallBack(one: Followed): void {
  one.stream?.close()
  one.stream = undefined
  one.isAskedOnly = true
  openStreams()
  void askTheOthers()
}

/** One loop for all: asks each operation without a stream in turn, with a pause in between that shrinks as they get more. */
async function askTheOthers(): Promise<void> {
  if (isAsking) return
  isAsking = true
  try {
    for (let round = nextRound(); followed.size > 0; round = nextRound()) {
      await pause(ROUND_MS / Math.min(6, Math.max(1, round.length)))
      for (const one of round) {
        if (one.stream || !followed.has(one)) continue
        await serverThere()
        await askOne(one)
        await pause(ROUND_MS / Math.min(6, round.length))
      }
    }
  } finally {
    isAsking = false
  }
}

const nextRound = () => [...followed].filter((one) => !one.stream)

async function askOne(one: Followed): Promise<void> {
  try {
    const standing = await askOperation(one.path, one.stop.signal)
    hear(one, standing)
    if (standing.kind === 'going' && one.isAskedOnly && standing.operation.status === 'running') {
      one.isAskedOnly = false // the server is well again: a stream may follow it
      openStreams()
    }
  } catch {
    // away or busy: the banner tells it, and the next round asks again
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
