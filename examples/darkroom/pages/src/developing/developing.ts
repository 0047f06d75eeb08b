/**
 * Pictures on their way to being photos: from the file in the hand, through the upload and the work on the server, to the
 * finished photo. They keep the place and the shape they were first shown in until the page is left, so that nothing moves.
 */
import { followOperation } from '../api/follow.ts'
import { failureOf, type Standing } from '../api/operations.ts'
import { getPhoto, type Photo } from '../api/photos.ts'
import { type Problem, problemOf } from '../api/problem.ts'
import { storeOf } from '../store.ts'

export type Stage =
  /** Its turn has not come, or the server asked to wait: then `because` says so. */
  | { readonly kind: 'waiting'; readonly because?: string }
  | { readonly kind: 'sending'; readonly sent: number }
  | { readonly kind: 'developing'; readonly done: number; readonly note: string }
  | { readonly kind: 'ready'; readonly photo: Photo }
  | { readonly kind: 'failed'; readonly problem: Problem; readonly canRetry: boolean }

/** One picture on its way. */
export interface Print {
  readonly key: string
  readonly name: string
  /** Width over height, fixed when the tile first appears. */
  readonly aspect: number
  /** The file and its local preview; a photo found on the server has neither. */
  readonly file: File | undefined
  readonly preview: string | undefined
  readonly photoId: string | undefined
  readonly stage: Stage
}

/** In the order they are shown in. */
export const developing = storeOf<ReadonlyMap<string, Print>>(new Map())

const UNKNOWN_ASPECT = 1.5

export function addPrints(prints: readonly Print[]): void {
  developing.update((all) => new Map([...prints.map((print) => [print.key, print] as const), ...all]))
}

export function changePrint(key: string, change: Partial<Print>): void {
  developing.update((all) => {
    const print = all.get(key)
    return print ? new Map(all).set(key, { ...print, ...change }) : all
  })
}

export const setStage = (key: string, stage: Stage): void => changePrint(key, { stage })

export function removePrint(key: string): void {
  const preview = developing.get().get(key)?.preview
  developing.update((all) => new Map([...all].filter(([other]) => other !== key)))
  if (preview) URL.revokeObjectURL(preview)
}

/** Takes up photos that the server is still working on, or failed at, such as those of before a reload. */
export function adoptUnfinished(photos: readonly Photo[]): void {
  const known = new Set([...developing.get().values()].map((print) => print.photoId))
  const found = photos.filter((photo) => photo.status !== 'ready' && !known.has(photo.id))
  if (found.length === 0) return
  const prints = found.map((photo): Print => {
    const aspect = photo.width && photo.height ? photo.width / photo.height : UNKNOWN_ASPECT
    return {
      key: photo.id,
      name: photo.name,
      aspect,
      file: undefined,
      preview: undefined,
      photoId: photo.id,
      stage: stageOf(photo),
    }
  })
  developing.update((all) => new Map([...all, ...prints.map((print) => [print.key, print] as const)]))
  for (const photo of found) {
    if (photo.status === 'processing' && photo.operation) follow(photo.id, photo.id, photo.operation)
  }
}

function stageOf(photo: Photo): Stage {
  if (photo.status === 'failed') return { kind: 'failed', problem: failureOf(photo.problem), canRetry: false }
  return { kind: 'developing', done: 0, note: 'Waiting for a worker' }
}

/** Shows the operation of a photo on its tile until it is over. */
export function follow(key: string, photoId: string, operation: string): void {
  const stop = followOperation(operation, (standing) => {
    if (!developing.get().has(key)) return stop()
    void show(key, photoId, standing)
  })
}

async function show(key: string, photoId: string, standing: Standing): Promise<void> {
  switch (standing.kind) {
    case 'going':
      return setStage(key, { kind: 'developing', ...progressOf(standing.operation) })
    case 'failed':
      return setStage(key, { kind: 'failed', problem: standing.problem, canRetry: canRetry(key) })
    case 'done':
      return finish(key, photoId)
    default:
      return standing satisfies never
  }
}

function progressOf({ status, progress, attempt }: Extract<Standing, { kind: 'going' }>['operation']) {
  const waits = status !== 'running'
  const again = attempt > 1 ? `, attempt ${attempt}` : ''
  return {
    done: progress?.done ?? 0,
    note: waits ? `Waiting for a worker${again}` : `${sentence(progress?.note ?? 'developing')}${again}`,
  }
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

async function finish(key: string, photoId: string): Promise<void> {
  setStage(key, { kind: 'developing', done: 1, note: 'Finished' })
  try {
    const { body: photo } = await getPhoto(photoId)
    if (photo.status === 'ready') return setStage(key, { kind: 'ready', photo })
    if (photo.status === 'failed') {
      return setStage(key, { kind: 'failed', problem: failureOf(photo.problem), canRetry: canRetry(key) })
    }
    if (photo.operation) follow(key, photoId, photo.operation)
  } catch (thrown) {
    setStage(key, { kind: 'failed', problem: problemOf(thrown), canRetry: true })
  }
}

const canRetry = (key: string) => developing.get().get(key)?.file !== undefined

/** For a photo that is there but could not be fetched: tries that again. */
export const finishAgain = finish

/** Puts a newer state of a finished photo in the place of the older one. */
export function replaceFinished(photo: Photo): void {
  for (const { key, photoId, stage } of developing.get().values()) {
    if (photoId === photo.id && stage.kind === 'ready') setStage(key, { kind: 'ready', photo })
  }
}
