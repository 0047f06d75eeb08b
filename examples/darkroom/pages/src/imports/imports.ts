/**
 * Imports as the page shows them: from the archive in the hand, through its upload, to the last of its photos. Those of
 * this visitor are found again after a reload, until they are put away.
 */
import { followOperation } from '../api/follow.ts'
import { getImport, type Import, listImports, putAwayImport, retryImport, takeBackImport } from '../api/imports.ts'
import { cancelOperation } from '../api/operations.ts'
import { problemOf } from '../api/problem.ts'
import { archive, refreshArchive } from '../archive/archive.ts'
import { refreshFailureCount } from '../failures/failure-count.ts'
import { toast } from '../shell/toasts.ts'
import { storeOf } from '../store.ts'
import { photosText } from '../words.ts'
import type { ImportStage, ShownImport } from './shown-import.ts'

interface Imports {
  readonly all: ReadonlyMap<string, ShownImport>
  /** The server has been asked, or is away: what is below them may be shown. */
  readonly isKnown: boolean
}

export const imports = storeOf<Imports>({ all: new Map(), isKnown: false })

export function putImport(one: ShownImport): void {
  imports.update(({ all, isKnown }) => ({ isKnown, all: new Map(all).set(one.key, one) }))
}

export function changeImport(key: string, change: Partial<ShownImport>): void {
  const one = imports.get().all.get(key)
  if (one) putImport({ ...one, ...change })
}

export function dropImport(key: string): void {
  imports.update((now) => ({ ...now, all: new Map([...now.all].filter(([other]) => other !== key)) }))
}

/** Finds this visitor's imports. */
export async function loadImports(): Promise<void> {
  try {
    for (const found of (await listImports()).toReversed()) {
      if (found.status !== 'takenBack') showImport(found.id, found)
    }
  } catch {
    // the banner tells that the server is away; the imports go on without being looked at
  } finally {
    imports.update((now) => ({ ...now, isKnown: true }))
  }
}

/** True while photos are still to come of it. */
export const isOpen = ({ status, photos }: Import): boolean => status === 'importing' || photos.processing > 0

/** Shows an import that the server has, and follows it to its end. */
export function showImport(key: string, found: Import): void {
  const stage: ImportStage = { kind: 'there', found, unpacking: undefined }
  putImport({ key, name: found.name, bytes: found.bytes, stage })
  if (found.status === 'importing') follow(key, found.operation)
  if (isOpen(found)) void lookAgain()
}

function follow(key: string, operation: string): void {
  const stop = followOperation(operation, (standing) => {
    const stage = imports.get().all.get(key)?.stage
    if (stage?.kind !== 'there') return stop()
    if (standing.kind !== 'going') return void look(key)
    const { status, progress } = standing.operation
    const note = status === 'running' ? (progress?.note ?? '') : ''
    changeImport(key, { stage: { ...stage, unpacking: { done: progress?.done ?? 0, note } } })
  })
}

const LOOK_MS = 2_000
let isLooking = false

/** Looks at all imports of which photos are still to come, again and again until there is none. */
async function lookAgain(): Promise<void> {
  if (isLooking) return
  isLooking = true
  const open = () =>
    [...imports.get().all.values()].filter(({ stage }) => stage.kind === 'there' && isOpen(stage.found))
  while (open().length > 0) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    for (const { key } of open()) await look(key)
  }
  isLooking = false
}

async function look(key: string): Promise<void> {
  const stage = imports.get().all.get(key)?.stage
  if (stage?.kind !== 'there') return
  const found = await getImport(stage.found.id).catch(() => undefined) // away or busy: the next look tells
  if (!found || imports.get().all.get(key)?.isGoing) return
  changeImport(key, { stage: { ...stage, found } })
  const isOver = isOpen(stage.found) && !isOpen(found)
  if (isOver && found.photos.failed + found.photos.cancelled > 0) refreshFailureCount()
  // what is looked at stays where it is; a wall that is still empty fills as the photos come
  const isNews = found.photos.ready > stage.found.photos.ready && archive.get().photos.length === 0
  if (isOver || isNews) void refreshArchive()
}

/** Cancels an import, whatever of it is going on, and takes back the photos that have come out of it. */
export async function takeBack(key: string): Promise<void> {
  const one = imports.get().all.get(key)
  if (one?.stage.kind !== 'there') return
  const { found } = one.stage
  changeImport(key, { isGoing: true })
  try {
    if (found.status === 'importing') await cancelOperation(found.operation)
    const count = await takeBackImport(found.id)
    await putAwayImport(found.id)
    dropImport(key)
    const gone = count > 0 ? `: ${photosText(count)} deleted` : ''
    toast({ text: `Import of “${one.name}” ${isOpen(found) ? 'cancelled' : 'taken back'}${gone}` })
    refreshFailureCount()
    if (count > 0) await refreshArchive()
  } catch (thrown) {
    changeImport(key, { isGoing: false })
    toast({ text: `“${one.name}” could not be taken back`, problem: problemOf(thrown) })
  }
}

/** Goes on with an import that failed, was cancelled, or met the end of the storage. */
export async function goOn(key: string): Promise<void> {
  const one = imports.get().all.get(key)
  if (one?.stage.kind !== 'there') return
  try {
    showImport(key, await retryImport(one.stage.found.id))
  } catch (thrown) {
    toast({ text: `“${one.name}” could not be tried again`, problem: problemOf(thrown) })
  }
}

/** Takes an import off the page. Its photos stay. */
export async function putAway(key: string): Promise<void> {
  const one = imports.get().all.get(key)
  if (one?.stage.kind !== 'there') return dropImport(key)
  try {
    await putAwayImport(one.stage.found.id)
    dropImport(key)
  } catch (thrown) {
    toast({ text: `“${one.name}” could not be put away`, problem: problemOf(thrown) })
  }
}
