/** Files that clients send: streamed into blobs one after the other, never held in memory, and gone unless they are kept. */
import type { BusboyConfig } from '@fastify/busboy'
import type { MultipartFile } from '@fastify/multipart'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { BlobKey, Blobs } from '../blobs/blobs.ts'
import type { Clock } from '../kernel/clock.ts'
import { asError, isMillraceError, type MillraceError } from '../kernel/errors.ts'
import { withoutDeadline } from './deadlines.ts'
import { webErrors } from './errors.ts'
import { displayName } from './file-name.ts'
import type { WebLimits } from './limits.ts'
import { padded, UploadPace } from './upload-pace.ts'

/** What a route takes: also what the API description says, when it stands in the route's `config.upload`. */
export interface UploadRule {
  /** The name of the field that holds the files. */
  readonly field: string
  /** Files in one request: 1 to 1,000. */
  readonly countMax: number
  /** Bytes of one file. */
  readonly bytesMax: number
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Files that the route takes, for the API description. */
    upload?: UploadRule
  }
}

export interface ReceiveOptions extends UploadRule {
  readonly blobs: Blobs
  /** Looks at the first bytes of a file and says whether it is of a kind that is taken. */
  readonly accept?: (head: Uint8Array, name: string) => boolean | Promise<boolean>
}

/** A file that was received and not yet kept. */
export interface ReceivedFile {
  /** As the client named it, fit to be shown. Never use it in a path. */
  readonly name: string
  readonly bytes: number
  /** SHA-256 of the content, in hex. */
  readonly sha256: string
  /** The first bytes. */
  readonly head: Uint8Array
  /** Gives it its key, durably. */
  keep(key: BlobKey): Promise<void>
}

export interface ReceivedFiles extends AsyncDisposable {
  /** In the order in which they came, one at least. */
  readonly files: readonly ReceivedFile[]
}

const PARTS = Object.freeze({
  fieldNameSize: 100,
  headerPairs: 20,
  headerSize: 16 * 1024,
  // no ordinary fields are taken: the first one shows which name it had
  fields: 1,
  fieldSize: 1024,
})

const LIMITS = Symbol('millrace.uploads')

/** Makes multipart bodies readable, and gives `receiveFiles` its clock and limits. */
export async function supportUploads(
  app: FastifyInstance,
  parts: { readonly clock: Clock; readonly limits: WebLimits },
): Promise<void> {
  const { default: multipart } = await import('@fastify/multipart')
  await app.register(multipart, { throwFileSizeLimit: false })
  app.decorate(LIMITS, parts)
}

/**
 * Receives the files of a multipart request. Whatever is wrong with one, all are discarded. What was not kept is discarded
 * when the result is disposed of: take it with `await using`.
 *
 * @throws MILLRACE_WEB_MEDIA_TYPE, MILLRACE_WEB_UPLOAD_EMPTY, MILLRACE_WEB_UPLOAD_FIELD_UNKNOWN, MILLRACE_WEB_UPLOAD_TOO_MANY,
 * MILLRACE_WEB_UPLOAD_TYPE, MILLRACE_WEB_UPLOAD_BROKEN (the client went, too), MILLRACE_WEB_UPLOAD_STALLED,
 * MILLRACE_BLOBS_TOO_LARGE, MILLRACE_BLOBS_FULL
 * @example
 * await using received = await receiveFiles(request, { ...photoUpload, blobs, accept: isPicture })
 * for (const file of received.files) await file.keep(blobKey('originals', newPhotoId()))
 */
export async function receiveFiles(request: FastifyRequest, options: ReceiveOptions): Promise<ReceivedFiles> {
  const { clock, limits } = request.server.getDecorator<{ clock: Clock; limits: WebLimits }>(LIMITS)
  const given = request.headers['content-type'] ?? ''
  if (!request.isMultipart()) throw webErrors.MILLRACE_WEB_MEDIA_TYPE({ given, wanted: 'multipart/form-data' })
  withoutDeadline(request)
  const files: (ReceivedFile & { discard(): Promise<void> })[] = []
  const discard = async (): Promise<void> => {
    for (const file of files) await file.discard()
  }
  const pace = new UploadPace(request, clock, limits)
  try {
    for await (const part of request.parts(parserFor(options, pace))) {
      if (part.type !== 'file') throw webErrors.MILLRACE_WEB_UPLOAD_FIELD_UNKNOWN({ name: part.fieldname })
      if (pace.isPadded) {
        part.file.destroy()
        throw padded()
      }
      files.push(await receive(part, options))
      pace.endFile(part.file.bytesRead ?? 0) // the parser says nothing of an empty one
    }
    if (files.length === 0) throw webErrors.MILLRACE_WEB_UPLOAD_EMPTY({ field: options.field })
    return { files, [Symbol.asyncDispose]: discard }
  } catch (thrown) {
    await discard()
    throw pace.whyNot ?? inOurWords(thrown, options)
  } finally {
    pace.stop()
  }
}

async function receive(
  part: MultipartFile,
  { field, bytesMax, blobs, accept }: ReceiveOptions,
): Promise<ReceivedFile & { discard(): Promise<void> }> {
  const name = displayName(part.filename)
  if (part.fieldname !== field) {
    part.file.destroy()
    throw webErrors.MILLRACE_WEB_UPLOAD_FIELD_UNKNOWN({ name: part.fieldname })
  }
  const staged = await blobs.stage(part.file, { bytesMax })
  try {
    if ((await accept?.(staged.head, name)) === false) throw webErrors.MILLRACE_WEB_UPLOAD_TYPE({ name })
  } catch (thrown) {
    await staged.discard()
    throw thrown
  }
  const { bytes, sha256, head } = staged
  return { name, bytes, sha256, head, keep: (key) => staged.keep(key), discard: () => staged.discard() }
}

function parserFor({ countMax, bytesMax }: UploadRule, pace: UploadPace): Pick<BusboyConfig, 'limits' | 'isPartAFile'> {
  return {
    // the store refuses a file that is too large as soon as it is; the parser would only cut it
    limits: { ...PARTS, files: countMax, parts: countMax + PARTS.fields, fileSize: bytesMax + 1 },
    // asked once for every part, when its headers are read
    isPartAFile: (_field, type, name) => {
      pace.beginPart()
      return name !== undefined || type === 'application/octet-stream'
    },
  }
}

const TOO_MANY: ReadonlySet<unknown> = new Set(['FST_PARTS_LIMIT', 'FST_FILES_LIMIT', 'FST_FIELDS_LIMIT'])

/** What the parser, or the connection under it, failed with. */
function inOurWords(thrown: unknown, { countMax }: UploadRule): MillraceError {
  if (isMillraceError(thrown)) return thrown
  const error = asError(thrown)
  const code = 'code' in error ? error.code : undefined
  if (TOO_MANY.has(code)) return webErrors.MILLRACE_WEB_UPLOAD_TOO_MANY({ countMax }, error)
  return webErrors.MILLRACE_WEB_UPLOAD_BROKEN({ why: error.message }, error)
}
