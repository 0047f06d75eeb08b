/** Imports: archives of photos, uploaded at once and unpacked by the worker. */
import { randomUUID } from 'node:crypto'
import { type Principal, signedIn } from 'millrace'
import { redrive } from 'millrace/queue'
import { type FrontRuntime, idempotent, principalOf, problem, receiveFiles, type WebInstance } from 'millrace/web'
import { z } from 'zod'
import { archiveKey } from '../contract/files.ts'
import { importPhotos, undoImport } from '../contract/imports.ts'
import { IMPORT_BYTES_MAX } from '../contract/limits.ts'
import { importGuard } from '../contract/rules.ts'
import { imports } from '../data/imports.ts'
import { storage } from '../data/storage.ts'
import { cancelIfKnown } from './cancel.ts'
import { params } from './ids.ts'
import { asJson, type ImportJson, importJson, oneAsJson } from './import-json.ts'
import { quotaFull } from './quota.ts'
import { refuseHopeless, requireStillThere } from './while-sent.ts'

const upload = { field: 'archive', countMax: 1, bytesMax: IMPORT_BYTES_MAX }
const LISTED_MAX = 20

/** How a ZIP begins; an empty one is only its end. */
const SIGNATURES: readonly string[] = ['PK\x03\x04', 'PK\x05\x06']

export function importRoutes(web: WebInstance, { db, blobs, people, submit, clock }: FrontRuntime): void {
  const [all, parts] = [imports(db), { db, people }]
  const now = () => new Date(clock.now())
  const access = signedIn
  /** What is left for one more archive beside those that are kept. */
  const room = async (freeBytes: number, uploader: string) =>
    Math.max(0, freeBytes - (await all.archivesBytes(uploader)))
  const toChange = async (id: string, who: Principal) =>
    importGuard.take('change', who, importGuard.take('see', who, await all.lock(id)))

  web.post(
    '/api/imports',
    {
      config: { upload, access },
      schema: {
        summary: 'Imports the pictures of a ZIP archive, in the background: its operation tells how far it is.',
        response: { 202: z.object({ id: z.uuid(), name: z.string(), operation: z.string() }) },
      },
    },
    async (request, reply) => {
      const { account: uploader } = principalOf(request)
      const accept = (head: Uint8Array) => SIGNATURES.includes(Buffer.from(head.subarray(0, 4)).toString('latin1'))
      refuseHopeless(request, await room(await storage(db).freeBytes(uploader), uploader))
      await using received = await receiveFiles(request, { ...upload, blobs, accept })
      await requireStillThere(people, uploader)
      const [file] = received.files
      if (file === undefined) throw new Error('receiveFiles answers one file at least')
      const { name, bytes, sha256 } = file
      const answer = await idempotent(
        request,
        { scope: 'POST /api/imports', fingerprint: [name, sha256] },
        async () => {
          const freeBytes = await room(await storage(db).lockFreeBytes(uploader), uploader)
          if (bytes > freeBytes) throw quotaFull(bytes, freeBytes)
          const id = randomUUID()
          const job = await submit(importPhotos, { importId: id, uploader })
          await file.keep(archiveKey(id))
          await all.add({ id, uploader, name, bytes, operation: job.id, uploadedAt: now() })
          const operation = `/operations/${job.id}`
          return { status: 202, headers: { location: operation, 'retry-after': '1' }, body: { id, name, operation } }
        },
      )
      return reply.answer(answer)
    },
  )

  web.get(
    '/api/imports',
    {
      config: { access },
      schema: {
        summary: 'Lists the imports of the one who asks, the newest first, until they are put away.',
        response: { 200: z.object({ imports: z.array(importJson) }) },
      },
    },
    async (request) => {
      const who = principalOf(request)
      const found = importGuard.takeAll('see', who, await all.listOf(who.account, LISTED_MAX))
      return { imports: await asJson(parts, found, who) }
    },
  )

  web.get(
    '/api/imports/:id',
    {
      config: { access },
      schema: { summary: 'Shows an import and how far its photos are.', params, response: { 200: importJson } },
    },
    async (request) => {
      const who = principalOf(request)
      return oneAsJson(parts, importGuard.take('see', who, await all.find(request.params.id)), who)
    },
  )

  web.delete(
    '/api/imports/:id',
    {
      config: { access },
      schema: {
        summary: 'Takes an import back: it is cancelled, and the photos that have come out of it are deleted.',
        params,
        response: { 202: z.object({ photos: z.int(), operation: z.string() }) },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const body = await db.transaction(async () => {
        const found = await toChange(id, principalOf(request))
        if (found.taken_back_at !== null) throw takenBack()
        await cancelIfKnown(db, found.operation)
        const photos = await all.takeBack(found, now())
        const job = await submit(undoImport, { importId: id, uploader: found.uploader })
        return { photos, operation: `/operations/${job.id}` }
      })
      return reply.code(202).headers({ location: body.operation, 'retry-after': '1' }).send(body)
    },
  )

  web.post(
    '/api/imports/:id/retry',
    {
      config: { access },
      schema: {
        summary: 'Goes on with an import that failed, was cancelled or found no room: no photo comes twice.',
        params,
        response: { 202: importJson },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const json = await db.transaction(async () => {
        const who = principalOf(request)
        const found = await toChange(id, who)
        const before = await oneAsJson(parts, found, who)
        if (!before.canRetry) throw hopeless(before.status)
        const [redriven] = await redrive(db, [found.operation])
        const operation = redriven ?? (await submit(importPhotos, { importId: id, uploader: found.uploader })).id
        await all.begin(found, operation)
        return oneAsJson(parts, importGuard.take('see', who, await all.find(id)), who)
      })
      return reply.code(202).headers({ location: json.operation, 'retry-after': '1' }).send(json)
    },
  )

  web.post(
    '/api/imports/:id/put-away',
    {
      config: { access },
      schema: {
        summary:
          'Takes an import off the list of its uploader. Its photos stay; what has not come out of it never will.',
        params,
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const isUnderWay = await db.transaction(async () => {
        const who = principalOf(request)
        const found = await toChange(id, who)
        await all.putAway(found, now())
        if ((await oneAsJson(parts, found, who)).status === 'importing') return true
        await all.dropArchive(found)
        return false
      })
      if (!isUnderWay) await blobs.delete(archiveKey(id))
      return reply.code(204).send()
    },
  )
}

function takenBack(): Error {
  return problem({ status: 409, code: 'DARKROOM_IMPORT_TAKEN_BACK', detail: 'The import was taken back already.' })
}

function hopeless(status: ImportJson['status']): Error {
  if (status === 'importing')
    return problem({ status: 409, code: 'DARKROOM_IMPORT_NOT_OVER', detail: 'The import is under way already.' })
  const detail = 'There is nothing to go on with: the archive is not kept any more.'
  return problem({ status: 409, code: 'DARKROOM_IMPORT_OVER', detail })
}
