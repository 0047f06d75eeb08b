/** Photos as the API shows them. */
import { createHash } from 'node:crypto'
import type { Database } from 'millrace/data'
import { findOperations, type Operation } from 'millrace/queue'
import { etagOf } from 'millrace/web'
import { z } from 'zod'
import type { Photo } from '../data/photos.ts'

export const photoJson = z.object({
  id: z.uuid(),
  name: z.string().meta({ description: 'Of the uploaded file.' }),
  title: z.string().nullable(),
  caption: z.string().nullable(),
  status: z.enum(['processing', 'ready', 'failed']),
  operation: z.string().nullable().meta({ description: 'Path of the operation while the photo is processed.' }),
  problem: z.object({ code: z.string(), detail: z.string() }).nullable(),
  bytes: z.int(),
  uploadedAt: z.string(),
  takenAt: z
    .string()
    .nullable()
    .meta({ description: 'ISO 8601; without an offset when the camera noted none: then it is its local time.' }),
  width: z.int().nullable().meta({ description: 'Of the upright picture.' }),
  height: z.int().nullable(),
  camera: z.string().nullable(),
  lens: z.string().nullable(),
  exposure: z
    .object({
      time: z.string().nullable().meta({ description: "Seconds: '1/250'." }),
      aperture: z.number().nullable(),
      iso: z.number().nullable(),
      focalLength: z.number().nullable().meta({ description: 'Millimetres.' }),
    })
    .nullable(),
  position: z
    .object({ latitude: z.number(), longitude: z.number(), altitude: z.number().nullable() })
    .nullable()
    .meta({ description: 'Degrees, and metres above the sea.' }),
  colours: z.array(z.string()).meta({ description: "'#rrggbb', the dominant one first." }),
  placeholder: z.string().nullable().meta({ description: 'A thumbhash in base64.' }),
  duplicateOf: z.uuid().nullable().meta({ description: 'The oldest photo that looks like this one.' }),
  renditions: z.array(
    z.object({
      url: z.string().meta({ description: 'Never shows anything else: keep it for as long as you like.' }),
      width: z.int(),
      height: z.int(),
      format: z.enum(['avif', 'webp', 'jpeg']),
      bytes: z.int(),
    }),
  ),
  links: z.object({ self: z.string(), original: z.string() }),
})

export type PhotoJson = z.infer<typeof photoJson>

/** Photos in the words of the API. Those whose job ended without a result are failed, though nobody could note it. */
export async function asJson(db: Database, photos: readonly Photo[]): Promise<PhotoJson[]> {
  const open = photos.filter((photo) => photo.status === 'processing').map((photo) => photo.operation)
  const operations = open.length === 0 ? [] : await findOperations(db, open)
  const byId = new Map(operations.map((operation) => [operation.id, operation]))
  return photos.map((photo) => toJson(photo, byId.get(photo.operation)))
}

/** Changes with anything that the photo's JSON shows. */
export function etagOfPhoto(photo: PhotoJson): string {
  return etagOf(createHash('sha256').update(JSON.stringify(photo)).digest('base64url').slice(0, 22))
}

function toJson(photo: Photo, operation: Operation | undefined): PhotoJson {
  const { id, name, title, caption, bytes, width, height, camera, lens, exposure, position, colours, placeholder } =
    photo
  const problem = problemOf(photo, operation)
  const status = problem === null ? photo.status : 'failed'
  const self = `/api/photos/${id}`
  return {
    ...{ id, name, title, caption, status, problem, bytes },
    operation: status === 'processing' ? `/operations/${photo.operation}` : null,
    uploadedAt: photo.uploaded_at.toISOString(),
    takenAt: photo.taken_at,
    ...{ width, height, camera, lens, exposure, position, colours, placeholder },
    duplicateOf: photo.duplicate_of,
    renditions: photo.renditions.map(({ file, ...rendition }) => ({ url: `/media/${id}/${file}`, ...rendition })),
    links: { self, original: `${self}/original` },
  }
}

function problemOf(photo: Photo, operation: Operation | undefined): PhotoJson['problem'] {
  if (photo.status === 'failed') return { code: photo.problem_code ?? '', detail: photo.problem_detail ?? '' }
  if (photo.status === 'ready') return null
  switch (operation?.status) {
    case 'failed':
      return { code: operation.error?.code ?? 'DARKROOM_PHOTO_UNFINISHED', detail: UNFINISHED }
    case 'cancelled':
      return { code: 'DARKROOM_PHOTO_CANCELLED', detail: 'Rendering was cancelled before the photo was ready.' }
    case undefined:
      return { code: 'DARKROOM_PHOTO_UNFINISHED', detail: UNFINISHED } // so long ago that the operation is forgotten
    default:
      return null
  }
}

/** What the operation's error says is for those who run Darkroom. */
const UNFINISHED = 'The photo could not be rendered, and every attempt was spent. The original is safe.'
