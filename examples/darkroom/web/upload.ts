/** Uploads: the files are stored, then each photo's row and its job appear in one transaction. */
import { randomUUID } from 'node:crypto'
import { signedIn } from 'millrace'
import { type FrontRuntime, idempotent, principalOf, receiveFiles, type WebInstance } from 'millrace/web'
import { z } from 'zod'
import { originalKey } from '../contract/files.ts'
import { kindOf } from '../contract/kinds.ts'
import { UPLOAD_FILE_BYTES_MAX, UPLOAD_FILES_MAX } from '../contract/limits.ts'
import { renderPhoto } from '../contract/photos.ts'
import { photos } from '../data/photos.ts'
import { storage } from '../data/storage.ts'
import { quotaFull } from './quota.ts'
import { refuseHopeless, requireStillThere } from './while-sent.ts'

const upload = { field: 'photo', countMax: UPLOAD_FILES_MAX, bytesMax: UPLOAD_FILE_BYTES_MAX }

const uploaded = z.object({
  photos: z.array(
    z.object({
      id: z.uuid(),
      name: z.string(),
      operation: z.string().meta({ description: 'Path of the operation that renders the photo.' }),
    }),
  ),
})

export function uploadRoutes(web: WebInstance, { db, blobs, people, submitMany, clock }: FrontRuntime): void {
  const archive = photos(db)
  const summary = 'Uploads photos. Each is rendered in the background: its operation tells how far it is.'

  web.post(
    '/api/photos',
    { config: { upload, access: signedIn }, schema: { summary, response: { 202: uploaded } } },
    async (request, reply) => {
      const { account } = principalOf(request)
      const accept = async (head: Uint8Array) => (await kindOf(head)) !== undefined
      refuseHopeless(request, await storage(db).freeBytes(account))
      await using received = await receiveFiles(request, { ...upload, blobs, accept })
      await requireStillThere(people, account)
      const { files } = received
      const fingerprint = files.map(({ name, sha256 }) => [name, sha256])

      const answer = await idempotent(request, { scope: 'POST /api/photos', fingerprint }, async () => {
        const freeBytes = await storage(db).lockFreeBytes(account)
        const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
        if (bytes > freeBytes) throw quotaFull(bytes, freeBytes)
        const ids = files.map(() => randomUUID())
        const jobs = await submitMany(
          renderPhoto,
          ids.map((photoId) => ({ photoId })),
          { priority: 'high', tenant: account },
        )
        const uploadedAt = new Date(clock.now())
        const added = await Promise.all(
          files.map(async (file, n) => {
            const { id, operation } = { id: ids[n] ?? '', operation: jobs[n]?.id ?? '' }
            await file.keep(originalKey(id))
            const mediaType = (await kindOf(file.head)) ?? 'application/octet-stream'
            return { id, name: file.name, operation, bytes: file.bytes, mediaType, uploadedAt, owner: account }
          }),
        )
        await archive.add(added)
        const body = {
          photos: added.map(({ id, name, operation }) => ({ id, name, operation: `/operations/${operation}` })),
        }
        const location = body.photos.length === 1 ? { location: body.photos[0]?.operation ?? '' } : {}
        return { status: 202, headers: { 'retry-after': '1', ...location }, body }
      })
      return reply.answer(answer)
    },
  )
}
