/** The queue of files on their way to the server: a few at a time, in order, patient with a server that is away or busy. */
import { serverThere } from '../api/connection.ts'
import { deletePhoto } from '../api/photos.ts'
import { isAway, type Problem, ProblemError, problemOf } from '../api/problem.ts'
import {
  addPrints,
  changePrint,
  developing,
  finishAgain,
  follow,
  type Print,
  removePrint,
  setStage,
} from '../developing/developing.ts'
import { toast } from '../shell/toasts.ts'
import { previewOf } from './preview.ts'
import { randomKey } from './random-key.ts'
import { sendPhoto } from './send-photo.ts'

const UPLOADS_AT_ONCE = 3
const FILE_BYTES_MAX = 64 * 2 ** 20
const BUSY_TRIES_MAX = 20
const BUSY_WAIT_S = 5

/** What a file needs on its way and nobody looks at. */
interface Way {
  readonly idempotencyKey: string
  readonly stop: AbortController
}

const ways = new Map<string, Way>()
const queue: string[] = []
let underWay = 0

/** Shows the files at the top of the gallery and sends them as soon as there is room. */
export async function uploadFiles(files: readonly File[]): Promise<void> {
  const prints = await Promise.all(
    files.map(async (file): Promise<Print> => {
      const { url, aspect } = await previewOf(file)
      const stage = { kind: 'waiting' } as const
      return { key: randomKey(), name: file.name, aspect, file, preview: url, photoId: undefined, stage }
    }),
  )
  addPrints(prints)
  for (const print of prints) enqueue(print)
}

/** True while a file is not yet safe on the server. */
export function isUploading(): boolean {
  return underWay > 0 || queue.length > 0
}

/** Sends a failed file again, or fetches again a photo that is safe already. */
export async function retryPrint(key: string): Promise<void> {
  const print = developing.get().get(key)
  if (print?.stage.kind !== 'failed') return
  if (print.photoId === undefined) return enqueue(print)
  if (print.stage.problem.code === undefined) return finishAgain(key, print.photoId)
  // The server has this file as a photo that failed. A new try is a new photo; the failed one goes.
  if (await isRemoved(print.photoId)) {
    changePrint(key, { photoId: undefined })
    enqueue(print)
  }
}

/** Takes a picture off the list; what the server has of it is deleted. */
export async function dismissPrint(key: string): Promise<void> {
  const print = developing.get().get(key)
  ways.get(key)?.stop.abort(new DOMException('dismissed', 'AbortError'))
  ways.delete(key)
  if (print?.photoId === undefined || (await isRemoved(print.photoId))) removePrint(key)
}

async function isRemoved(photoId: string): Promise<boolean> {
  try {
    await deletePhoto(photoId)
    return true
  } catch (thrown) {
    const problem = problemOf(thrown)
    if (problem.status === 404 || problem.status === 410) return true
    toast({ text: 'Could not remove it', problem })
    return false
  }
}

function enqueue(print: Print): void {
  const { file, key } = print
  const hopeless = file && hopelessness(file)
  if (hopeless) {
    setStage(key, { kind: 'failed', problem: hopeless, canRetry: false })
    return
  }
  // A file that was refused with a code starts afresh; one whose answer was lost must not become two photos.
  const wasRefused = print.stage.kind === 'failed' && print.stage.problem.code !== undefined
  const known = wasRefused ? undefined : ways.get(key)
  ways.set(key, { idempotencyKey: known?.idempotencyKey ?? randomKey(), stop: new AbortController() })
  setStage(key, { kind: 'waiting' })
  queue.push(key)
  startSome()
}

function startSome(): void {
  while (underWay < UPLOADS_AT_ONCE) {
    const key = queue.shift()
    if (key === undefined) return
    underWay += 1
    void bring(key).finally(() => {
      underWay -= 1
      startSome()
    })
  }
}

/** Brings one file to the server, however long it is away, and hands its operation on to be followed. */
async function bring(key: string): Promise<void> {
  const way = ways.get(key)
  const file = developing.get().get(key)?.file
  if (!way || !file) return
  for (let busyTries = 0; ; ) {
    if (way.stop.signal.aborted) return
    try {
      const accepted = await sendPhoto({
        file,
        idempotencyKey: way.idempotencyKey,
        onProgress: (sent) => setStage(key, { kind: 'sending', sent }),
        signal: way.stop.signal,
      })
      changePrint(key, { photoId: accepted.id, stage: { kind: 'developing', done: 0, note: 'Waiting for a worker' } })
      ways.delete(key)
      return follow(key, accepted.id, accepted.operation)
    } catch (thrown) {
      if (way.stop.signal.aborted) return
      const problem = problemOf(thrown)
      if (isAway(problem)) {
        setStage(key, { kind: 'waiting', because: 'Waiting for the server' })
        await serverThere()
      } else if (isBusy(problem) && busyTries < BUSY_TRIES_MAX) {
        busyTries += 1
        setStage(key, { kind: 'waiting', because: 'The server asks to wait' })
        await pause((problem.retryAfterS ?? BUSY_WAIT_S) * 1_000)
      } else {
        return setStage(key, { kind: 'failed', problem, canRetry: canRetry(problem, thrown) })
      }
    }
  }
}

const isBusy = ({ status }: Problem) => status === 429 || status === 503

/** A file that is no picture, or is too large, stays so. */
const canRetry = ({ status }: Problem, thrown: unknown) =>
  !(thrown instanceof ProblemError) || ![400, 413, 415, 422].includes(status ?? 0)

/** What the server would say of this file anyway, said before it is sent. */
function hopelessness({ size }: File): Problem | undefined {
  if (size === 0) return { title: 'Nothing in it', detail: 'This file has zero bytes.' }
  if (size <= FILE_BYTES_MAX) return undefined
  const megabytes = Math.ceil(size / 2 ** 20)
  return { title: 'Too large', detail: `This file has ${megabytes} MB; Darkroom takes up to 64 MB each.` }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

addEventListener('beforeunload', (event) => {
  if (isUploading()) event.preventDefault() // the browser asks in its own words
})
