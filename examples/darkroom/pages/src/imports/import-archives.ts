/** Archives on their way to the server: one at a time, for each is as large as a disk is slow. */
import { IMPORT_BYTES_MAX } from '../../../contract/limits.ts'
import { requireRoom } from '../account/room.ts'
import { getImport } from '../api/imports.ts'
import { type Problem, problemOf } from '../api/problem.ts'
import { bring } from '../uploads/bring.ts'
import { randomKey } from '../uploads/random-key.ts'
import { TO_IMPORTS } from '../uploads/send-file.ts'
import { bytesText } from '../words.ts'
import { changeImport, dropImport, imports, putImport, showImport } from './imports.ts'

const TYPES: ReadonlySet<string> = new Set(['application/zip', 'application/x-zip-compressed'])

export const isArchive = ({ name, type }: File): boolean => TYPES.has(type) || /\.zip$/i.test(name)

interface Way {
  readonly file: File
  readonly idempotencyKey: string
  readonly stop: AbortController
}

const ways = new Map<string, Way>()
const queue: string[] = []
let underWay: string | undefined

/** Shows the archives above the gallery and sends one after the other. */
export function importArchives(files: readonly File[]): void {
  for (const file of files) {
    const key = randomKey()
    ways.set(key, { file, idempotencyKey: randomKey(), stop: new AbortController() })
    const problem = hopelessness(file)
    const stage = problem ? ({ kind: 'refused', problem } as const) : ({ kind: 'waiting' } as const)
    putImport({ key, name: file.name, bytes: file.size, stage })
    if (!problem) queue.push(key)
  }
  void sendNext()
}

/** True while an archive is not yet safe on the server. */
export const isSendingArchives = (): boolean => underWay !== undefined || queue.length > 0

/** Stops the upload of an archive, and forgets it. */
export function stopSending(key: string): void {
  ways.get(key)?.stop.abort(new DOMException('dismissed', 'AbortError'))
  ways.delete(key)
  dropImport(key)
}

async function sendNext(): Promise<void> {
  if (underWay !== undefined) return
  underWay = queue.shift()
  if (underWay === undefined) return
  await send(underWay)
  underWay = undefined
  void sendNext()
}

/** Never rejects: what went wrong is shown where the archive is. */
async function send(key: string): Promise<void> {
  const way = ways.get(key)
  if (!way) return
  try {
    await requireRoom(way.file.size) // its photos have about as many bytes: they hardly shrink in a ZIP
    const accepted = await bring({
      destination: TO_IMPORTS,
      file: way.file,
      idempotencyKey: way.idempotencyKey,
      signal: way.stop.signal,
      onProgress: (sent) => changeImport(key, { stage: { kind: 'sending', sent } }),
      onWait: (because) => changeImport(key, { stage: { kind: 'waiting', because } }),
    })
    if (!accepted) return
    ways.delete(key)
    const found = await getImport(accepted.id)
    if (imports.get().all.has(key)) showImport(key, found)
  } catch (thrown) {
    const problem = problemOf(thrown)
    changeImport(key, { stage: { kind: 'refused', problem: problem.status === 415 ? NO_ARCHIVE : problem } })
  }
}

const NO_ARCHIVE: Problem = {
  title: 'Not a ZIP archive',
  detail: 'Whatever its name says, this file does not begin as a ZIP does.',
}

/** What the server would say of this file anyway, said before it is sent. */
function hopelessness({ size }: File): Problem | undefined {
  if (size === 0) return { title: 'Nothing in it', detail: 'This file has zero bytes.' }
  if (size <= IMPORT_BYTES_MAX) return undefined
  const most = bytesText(IMPORT_BYTES_MAX)
  const detail = `This archive has ${bytesText(size)}; Darkroom takes up to ${most} each. Pack it in two.`
  return { title: 'Too large', detail }
}
