/** Photos as the API shows them. */
import { createHash } from 'node:crypto'
import type { Granted, Principal } from 'millrace'
import { etagOf, type FrontRuntime } from 'millrace/web'
import { z } from 'zod'
import { FINAL_PROBLEMS } from '../contract/photos.ts'
import { photoGuard } from '../contract/rules.ts'
import { type End, findEnds, noteEnds } from '../data/ends.ts'
import type { Photo } from '../data/photos.ts'
import { namesOf } from './names.ts'

export const photoJson = z.object({
  id: z.uuid(),
  name: z.string().meta({ description: 'Of the uploaded file.' }),
  title: z.string().nullable(),
  caption: z.string().nullable(),
  status: z.enum(['processing', 'ready', 'failed', 'cancelled']),
  operation: z.string().nullable().meta({ description: 'Path of the operation while the photo is processed.' }),
  problem: z.object({ code: z.string(), detail: z.string() }).nullable(),
  canRetry: z.boolean().meta({ description: 'Whether rendering it again may help.' }),
  importId: z.uuid().nullable().meta({ description: 'The import that it came out of.' }),
  owner: z
    .object({ account: z.uuid(), name: z.string() })
    .nullable()
    .meta({ description: 'Whose it is; null: uploaded before there were accounts.' }),
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
    .meta({ description: 'Degrees, and metres above the sea. For its owner, and who may edit it: null for others.' }),
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

/** What is asked for what a photo is shown with. */
type Parts = Pick<FrontRuntime, 'db' | 'people'>
type SeenPhoto = Granted<Photo, 'see'>

/**
 * Photos in the words of the API, for whoever may see them: whose photo it is not learns nothing of its jobs, nor of its
 * like. Ends of renders that nobody could note are seen here, and noted.
 */
export async function asJson(
  { db, people }: Parts,
  photos: readonly SeenPhoto[],
  who: Principal,
): Promise<PhotoJson[]> {
  const making = photos.filter((photo) => photo.status === 'processing')
  const ends = await findEnds(db, making)
  await noteEnds(db, ends)
  const byId = new Map(ends.map((end) => [end.id, end]))
  const nameOf = namesOf(people)
  return Promise.all(
    photos.map(async (photo) => {
      const { owner } = photo
      const json = toJson(photo, byId.get(photo.id))
      if (owner === who.account) return { ...json, owner: { account: owner, name: who.name } }
      const of = owner === null ? null : { account: owner, name: await nameOf(owner) }
      // many are taken at home: who only looks is not told where that is
      const position = photoGuard.may('edit', who, photo) ? json.position : null
      return { ...json, ...OF_ITS_OWNER, owner: of, position }
    }),
  )
}

export async function oneAsJson(parts: Parts, photo: SeenPhoto, who: Principal): Promise<PhotoJson> {
  const [json] = await asJson(parts, [photo], who)
  if (json === undefined) throw new Error('one photo is shown as one')
  return json
}

/** What only the owner is told. */
const OF_ITS_OWNER = { operation: null, canRetry: false, importId: null, duplicateOf: null }

/** Changes with anything that the photo's JSON shows. */
export function etagOfPhoto(photo: PhotoJson): string {
  return etagOf(createHash('sha256').update(JSON.stringify(photo)).digest('base64url').slice(0, 22))
}

function toJson(photo: Photo, end: End | undefined): Omit<PhotoJson, 'owner'> {
  const { id, name, title, caption, bytes, width, height, camera, lens, exposure, position, colours, placeholder } =
    photo
  const status = end?.status ?? photo.status
  const problem = status === 'failed' ? (end?.problem ?? problemOf(photo)) : null
  const self = `/api/photos/${id}`
  return {
    ...{ id, name, title, caption, status, problem, bytes },
    canRetry: status === 'cancelled' || (problem !== null && !isFinal(problem.code)),
    importId: photo.import_id,
    operation: status === 'processing' ? `/operations/${photo.operation}` : null,
    uploadedAt: photo.uploaded_at.toISOString(),
    takenAt: photo.taken_at,
    ...{ width, height, camera, lens, exposure, position, colours, placeholder },
    duplicateOf: photo.duplicate_of,
    renditions: photo.renditions.map(({ file, ...rendition }) => ({ url: `/media/${id}/${file}`, ...rendition })),
    links: { self, original: `${self}/original` },
  }
}

function problemOf({ problem_code, problem_detail }: Photo): PhotoJson['problem'] {
  return { code: problem_code ?? '', detail: problem_detail ?? '' }
}

const isFinal = (code: string): boolean => FINAL_PROBLEMS.some((final) => final === code)
