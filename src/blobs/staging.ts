/**
 * The staging folder: what is being received lies there under a random name until it is complete, synced and renamed into
 * place. A crash leaves at most a file there, which a later process sweeps away.
 */
import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { Clock } from '../kernel/clock.ts'
import { newRandomId } from '../kernel/ids.ts'
import { findProcess, machineId } from '../kernel/processes.ts'
import { HEAD_BYTES } from './blobs.ts'
import { blobErrors } from './errors.ts'
import { asBlobError } from './file-errors.ts'

/** What a stream became on disk, not yet under its name. */
export interface StagedFile {
  readonly path: string
  readonly bytes: number
  readonly sha256: string
  readonly head: Uint8Array
}

/** A key cannot begin with a dot, so no blob can lie here. */
export const STAGING = '.staging'
/** Younger files may belong to a process that is just starting; older ones of dead processes go. */
export const ORPHAN_MS_MIN = 3_600_000
/** Of a process of another machine we cannot tell whether it lives: its files go after this long without a write. */
const FOREIGN_ORPHAN_MS_MIN = 24 * 3_600_000

/**
 * Writes the stream to a new file in the staging folder, hashing and counting on the way, and syncs it. When anything
 * fails the file is removed and the source destroyed.
 *
 * @throws MILLRACE_BLOBS_TOO_LARGE, MILLRACE_BLOBS_FULL, or whatever the source failed with.
 */
export async function stageFile(folder: string, source: Readable, bytesMax: number): Promise<StagedFile> {
  const path = join(folder, STAGING, `${ownerName()}-${newRandomId()}`)
  // someone who fails to open a file must still let go of the source
  const file = await open(path, 'wx', 0o600).catch((thrown: unknown) => {
    source.destroy()
    throw asBlobError(thrown)
  })
  try {
    return { path, ...(await receive(file, source, bytesMax)) }
  } catch (thrown) {
    await unlink(path).catch(() => {})
    throw asBlobError(thrown)
  } finally {
    await file.close()
  }
}

async function receive(file: FileHandle, source: Readable, bytesMax: number): Promise<Omit<StagedFile, 'path'>> {
  const hash = createHash('sha256')
  const head: Buffer[] = []
  let bytes = 0
  // leaving the loop early destroys the source, and a source that is destroyed early makes it throw
  for await (const chunk of source as AsyncIterable<Uint8Array | string>) {
    const data = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    if (bytes + data.length > bytesMax) throw blobErrors.MILLRACE_BLOBS_TOO_LARGE({ bytesMax })
    if (bytes < HEAD_BYTES) head.push(Buffer.from(data.subarray(0, HEAD_BYTES - bytes)))
    hash.update(data)
    await writeAll(file, data)
    bytes += data.length
  }
  await file.sync()
  return { bytes, sha256: hash.digest('hex'), head: Buffer.concat(head) }
}

/** A full disk may take part of a chunk before it refuses the rest. */
async function writeAll(file: FileHandle, data: Uint8Array): Promise<void> {
  for (let done = 0; done < data.length; ) done += (await file.write(data, done)).bytesWritten
}

/** Makes the staging folder and removes what dead processes left in it. */
export async function openStaging(folder: string, clock: Clock): Promise<void> {
  const staging = join(folder, STAGING)
  await mkdir(staging, { recursive: true, mode: 0o700 }).catch((thrown: unknown) => {
    throw asBlobError(thrown)
  })
  for (const name of await readdir(staging)) {
    const path = join(staging, name)
    const info = await stat(path).catch(() => undefined)
    const idleMs = info === undefined ? 0 : clock.now() - info.mtimeMs
    if (idleMs > ORPHAN_MS_MIN && isOrphan(name, idleMs)) await unlink(path).catch(() => {})
  }
}

/** The process that a staged file belongs to: machine, id and start, so that a reused process id is no alibi. */
function ownerName(pid: number = process.pid): string {
  return `${digest(machineId())}-${pid}-${digest(findProcess(pid)?.startedAt ?? '')}`
}

function isOrphan(name: string, idleMs: number): boolean {
  const [machine, pid] = name.split('-')
  if (machine !== digest(machineId())) return idleMs > FOREIGN_ORPHAN_MS_MIN
  return !name.startsWith(`${ownerName(Number(pid))}-`)
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
