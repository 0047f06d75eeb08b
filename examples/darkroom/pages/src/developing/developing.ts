/**
 * Pictures on their way to being photos: from the file in the hand, through the upload and the work on the server, to the
 * finished photo. They keep the place and the shape they were first shown in until the page is left, so that nothing moves.
 */
import { followOperation } from '../api/follow.ts'
import type { Standing } from '../api/operations.ts'
import { getPhoto, type Photo } from '../api/photos.ts'
import { type Problem, problemOf } from '../api/problem.ts'
import { refreshFailureCount } from '../failures/failure-count.ts'
import { whyOf } from '../failures/why.ts'
import { storeOf } from '../store.ts'

export type Stage =
  /** Its turn has not come, or the server asked to wait: then `because` says so. */
  | { readonly kind: 'waiting'; readonly because?: string }
  | { readonly kind: 'sending'; readonly sent: number }
  | { readonly kind: 'developing'; readonly done: number; readonly note: string; readonly isCancelling?: boolean }
  | { readonly kind: 'ready'; readonly photo: Photo }
  | { readonly kind: 'cancelled' }
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
  /** The path of the operation that makes it, once the server has it. */
  readonly operation: string | undefined
  readonly stage: Stage
}

/** True for one that will be no photo, unless it is tried again. */
export const isOver = ({ stage }: Print): boolean => stage.kind === 'failed' || stage.kind === 'cancelled'

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

/**
 * Takes up photos that the server is still working on, such as those of before a reload. Those that come out of an import
 * are left to it: thousands of tiles would tell nobody anything.
 */
export function adoptUnfinished(photos: readonly Photo[]): void {
  adopt(photos.filter((photo) => photo.importId === null))
}

/** Takes up photos that are being made, wherever they come from. */
export function adopt(photos: readonly Photo[]): void {
  const byPhoto = new Map([...developing.get().values()].map((print) => [print.photoId, print]))
  const found = photos.filter((photo) => photo.status === 'processing')
  for (const photo of found) {
    const known = byPhoto.get(photo.id)
    if (known && !isOver(known)) continue
    if (!known) developing.update((all) => new Map([...all, [photo.id, printOf(photo)]]))
    if (photo.operation) follow(known?.key ?? photo.id, photo.id, photo.operation)
  }
}

function printOf(photo: Photo): Print {
  const aspect = photo.width && photo.height ? photo.width / photo.height : UNKNOWN_ASPECT
  const about = { key: photo.id, name: photo.name, aspect, file: undefined, preview: undefined }
  return { ...about, photoId: photo.id, operation: undefined, stage: WAITING }
}

const WAITING: Stage = { kind: 'developing', done: 0, note: 'Waiting for a worker' }

/** Shows the operation of a photo on its tile until it is over. */
export function follow(key: string, photoId: string, operation: string): void {
  changePrint(key, { photoId, operation, stage: WAITING })
  const stop = followOperation(operation, (standing) => {
    if (!developing.get().has(key)) return stop()
    void show(key, photoId, standing)
  })
}

async function show(key: string, photoId: string, standing: Standing): Promise<void> {
  switch (standing.kind) {
    case 'going': {
      const now = developing.get().get(key)?.stage
      const isCancelling = now?.kind === 'developing' && now.isCancelling === true
      return setStage(key, { kind: 'developing', ...progressOf(standing.operation), isCancelling })
    }
    case 'cancelled':
      setStage(key, { kind: 'cancelled' })
      return finish(key, photoId)
    case 'failed':
      return finish(key, photoId)
    case 'done':
      setStage(key, { kind: 'developing', done: 1, note: 'Finished' })
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

/** Its operation is over: the photo says what came of it. */
async function finish(key: string, photoId: string): Promise<void> {
  try {
    const { body: photo } = await getPhoto(photoId)
    if (photo.status === 'processing' && photo.operation) return follow(key, photoId, photo.operation)
    setStage(key, stageOf(photo))
    if (photo.status !== 'ready') refreshFailureCount()
  } catch (thrown) {
    setStage(key, { kind: 'failed', problem: problemOf(thrown), canRetry: true })
  }
}

function stageOf(photo: Photo): Stage {
  switch (photo.status) {
    case 'ready':
      return { kind: 'ready', photo }
    case 'cancelled':
      return { kind: 'cancelled' }
    case 'failed':
      return { kind: 'failed', problem: whyOf(photo), canRetry: photo.canRetry }
    case 'processing':
      return WAITING
    default:
      return photo.status satisfies never
  }
}

/** For a photo that is there but could not be fetched: tries that again. */
export const finishAgain = finish

/** Puts a newer state of a finished photo in the place of the older one. */
export function replaceFinished(photo: Photo): void {
  for (const { key, photoId, stage } of developing.get().values()) {
    if (photoId === photo.id && stage.kind === 'ready') setStage(key, { kind: 'ready', photo })
  }
}
