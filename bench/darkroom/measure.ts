/** Darkroom's photos per second beside a bare loop of the same image work on the same cores. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { endProcess, outputOf } from '../contestants/process.ts'
import { darkroomHandlers, login } from '../darkroom-inside.ts'
import { perSecond } from '../measures/measure.ts'
import type { PhotoSummary } from '../report/report.ts'
import { median, type PhotoFinding } from '../results.ts'
import type { Sizes } from '../sizes.ts'
import type { BareAnswer } from './bare.ts'
import { rendered, renditionBytes, upload } from './client.ts'
import { MEGAPIXELS, makePhotographs } from './photographs.ts'
import { startDarkroom } from './started.ts'

const CLIENTS = 4
/** Different photographs; they are uploaded in turn. */
const PHOTOGRAPHS_MAX = 4
const ROUNDS_MAX = 2
const BARE = fileURLToPath(new URL('bare.ts', import.meta.url))

export interface PhotosFound {
  readonly findings: readonly PhotoFinding[]
  readonly summary: PhotoSummary
}

/** Measures both in turn. `home`: a folder on the disk, for data that is removed again. */
export async function measurePhotos(
  sizes: Sizes,
  home: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<PhotosFound> {
  say(`making photographs of ${MEGAPIXELS} megapixels …`)
  const paths = await makePhotographs(join(home, 'photographs'), Math.min(PHOTOGRAPHS_MAX, sizes.photoCount))
  const findings: PhotoFinding[] = []
  const rounds = Math.min(sizes.rounds, ROUNDS_MAX)
  for (let round = 1; round <= rounds; round += 1) {
    signal.throwIfAborted()
    const bare = await bareLoop(paths, sizes.photoCount, signal)
    const darkroom = await throughDarkroom(paths, sizes.photoCount, join(home, 'darkroom'), signal)
    // other bytes would mean other work: the bare loop has fallen behind Darkroom's worker
    if (bare.bytes !== darkroom.bytes)
      throw new Error(`the bare loop made ${bare.bytes} bytes of the first photograph, Darkroom ${darkroom.bytes}`)
    for (const [who, { ms }] of Object.entries({ darkroom, bare } as const)) {
      const value = perSecond(sizes.photoCount, ms)
      findings.push({ round, who: who as PhotoFinding['who'], value })
      say(`round ${round} of ${rounds}  ${who.padEnd(15)}  ${value.toFixed(2)} photos/s`)
    }
  }
  const of = (who: PhotoFinding['who']): number => median(findings.filter((f) => f.who === who).map((f) => f.value))
  return { findings, summary: { darkroom: of('darkroom'), bare: of('bare'), megapixels: MEGAPIXELS } }
}

async function bareLoop(paths: readonly string[], count: number, signal: AbortSignal): Promise<BareAnswer> {
  const parallel = darkroomHandlers.concurrency['images'] ?? availableParallelism()
  const child = fork(BARE, [String(count), String(parallel), ...paths], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  const output = outputOf(child)
  try {
    const ended = once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`the bare loop ended with ${String(code)}:\n${output()}`)
    })
    const [answer] = await Promise.race([once(child, 'message', { signal }), ended])
    ended.catch(() => {})
    return answer as BareAnswer
  } finally {
    await endProcess(child)
  }
}

async function throughDarkroom(
  paths: readonly string[],
  count: number,
  home: string,
  signal: AbortSignal,
): Promise<BareAnswer> {
  await using app = await startDarkroom(home)
  const ada = { url: app.url, cookie: await login(app.url, 'ada') }
  // the first photos start threads and load code
  const first = await upload(ada, paths[0] ?? '', 'first.jpg')
  const second = await upload(ada, paths[0] ?? '', 'second.jpg')
  await rendered(ada, first)
  await rendered(ada, second)
  const bytes = await renditionBytes(ada, first)

  const began = performance.now()
  let next = 0
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const mine = []
      for (let n = next++; n < count; n = next++) {
        signal.throwIfAborted()
        mine.push(await upload(ada, paths[n % paths.length] ?? '', `${n}.jpg`))
      }
      for (const photo of mine) await rendered(ada, photo)
    }),
  )
  return { ms: performance.now() - began, bytes }
}
