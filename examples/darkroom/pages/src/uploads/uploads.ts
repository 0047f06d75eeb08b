/** The queue of files on their way to the server: a few at a time, in order, patient with a server that is away or busy. */
import { UPLOAD_FILE_BYTES_MAX } from '../../../contract/limits.ts'
import { noteStored, requireRoom } from '../account/room.ts'
import { cancelOperation } from '../api/operations.ts'
import { deletePhoto, retryPhoto } from '../api/photos.ts'
import { type Problem, ProblemError, problemOf } from '../api/problem.ts'
import {
  addPrints,
  adopt,
  developing,
  finishAgain,
  follow,
  type Print,
  removePrint,
  setStage,
} from '../developing/developing.ts'
import { refreshFailureCount } from '../failures/failure-count.ts'
import { isSendingArchives } from '../imports/import-archives.ts'
import { toast } from '../shell/toasts.ts'
import { bytesText } from '../words.ts'
import { bring } from './bring.ts'
import { previewOf } from './preview.ts'
import { randomKey } from './random-key.ts'
import { TO_PHOTOS } from './send-file.ts'

const UPLOADS_AT_ONCE = 3

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
      const shown = { key: randomKey(), name: file.name, aspect, file, preview: url }
      return { ...shown, photoId: undefined, operation: undefined, stage }
    }),
  )
  addPrints(prints)
  for (const print of prints) enqueue(print)
}

/** True while a file is not yet safe on the server. */
function isUploading(): boolean {
  return underWay > 0 || queue.length > 0 || isSendingArchives()
}

/** Tries a picture again that failed or was cancelled: sends its file, or has the photo that the server has made anew. */
export async function retryPrint(key: string): Promise<void> {
  const print = developing.get().get(key)
  if (print?.stage.kind !== 'failed' && print?.stage.kind !== 'cancelled') return
  if (print.photoId === undefined) return enqueue(print)
  const isOnlyUnseen = print.stage.kind === 'failed' && print.stage.problem.code === undefined
  if (isOnlyUnseen) return finishAgain(key, print.photoId)
  try {
    adopt([await retryPhoto(print.photoId)])
    refreshFailureCount()
  } catch (thrown) {
    toast({ text: `“${print.name}” could not be tried again`, problem: problemOf(thrown) })
  }
}

/** Stops a picture on its way: its upload, or the work of the server, which then shows it as cancelled. */
export async function cancelPrint(key: string): Promise<void> {
  const print = developing.get().get(key)
  if (print?.stage.kind !== 'developing' || print.operation === undefined) return dismissPrint(key)
  setStage(key, { ...print.stage, isCancelling: true })
  try {
    await cancelOperation(print.operation) // what becomes of it, whoever follows it is told
  } catch (thrown) {
    setStage(key, print.stage)
    toast({ text: `“${print.name}” could not be cancelled`, problem: problemOf(thrown) })
  }
}

/** Takes a picture off the list; what the server has of it is deleted. */
export async function dismissPrint(key: string): Promise<void> {
  const print = developing.get().get(key)
  ways.get(key)?.stop.abort(new DOMException('dismissed', 'AbortError'))
  ways.delete(key)
  if (print?.photoId !== undefined && !(await isRemoved(print.photoId))) return
  removePrint(key)
  refreshFailureCount()
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
    void send(key).finally(() => {
      underWay -= 1
      startSome()
    })
  }
}

/** Brings one file to the server, and hands its operation on to be followed. */
async function send(key: string): Promise<void> {
  const way = ways.get(key)
  const file = developing.get().get(key)?.file
  if (!way || !file) return
  try {
    await requireRoom(file.size)
    const accepted = await bring({
      destination: TO_PHOTOS,
      file,
      idempotencyKey: way.idempotencyKey,
      signal: way.stop.signal,
      onProgress: (sent) => setStage(key, { kind: 'sending', sent }),
      onWait: (because) => setStage(key, { kind: 'waiting', because }),
    })
    if (!accepted) return
    ways.delete(key)
    noteStored(file.size)
    follow(key, accepted.id, accepted.operation)
  } catch (thrown) {
    const problem = problemOf(thrown)
    setStage(key, { kind: 'failed', problem, canRetry: canRetry(problem, thrown) })
  }
}

/** A file that is no picture, or is too large, stays so; room can be made. */
const canRetry = ({ status, code }: Problem, thrown: unknown) =>
  !(thrown instanceof ProblemError) || code === 'DARKROOM_QUOTA_FULL' || ![400, 413, 415, 422].includes(status ?? 0)

/** What the server would say of this file anyway, said before it is sent. */
function hopelessness({ size }: File): Problem | undefined {
  if (size === 0) return { title: 'Nothing in it', detail: 'This file has zero bytes.' }
  if (size <= UPLOAD_FILE_BYTES_MAX) return undefined
  const most = bytesText(UPLOAD_FILE_BYTES_MAX)
  return { title: 'Too large', detail: `This file has ${bytesText(size)}; Darkroom takes up to ${most} each.` }
}

addEventListener('beforeunload', (event) => {
  if (isUploading()) event.preventDefault() // the browser asks in its own words
})
