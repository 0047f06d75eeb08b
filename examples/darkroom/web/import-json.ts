/** Imports as the API shows them. */
import type { Granted, Principal } from 'millrace'
import type { Database } from 'millrace/data'
import { findOperations, type Operation } from 'millrace/queue'
import type { FrontRuntime } from 'millrace/web'
import { z } from 'zod'
import { leftOut } from '../contract/imports.ts'
import { photoGuard } from '../contract/rules.ts'
import { findEnds, noteEnds } from '../data/ends.ts'
import { type Import, imports } from '../data/imports.ts'
import { photos } from '../data/photos.ts'
import type { PhotoStatus } from '../data/tables.ts'
import { photoJson, asJson as photosAsJson } from './photo-json.ts'

/** Photos that are shown as having come last. */
const LATEST_COUNT = 8

export const importJson = z.object({
  id: z.uuid(),
  name: z.string().meta({ description: 'Of the archive.' }),
  bytes: z.int(),
  uploadedAt: z.string(),
  status: z
    .enum(['importing', 'imported', 'failed', 'cancelled', 'takenBack'])
    .meta({ description: 'Of the archive; how far its photos are, their counts tell.' }),
  operation: z.string().meta({ description: 'Path of the operation that unpacks the archive.' }),
  problem: z.object({ code: z.string(), detail: z.string() }).nullable(),
  canRetry: z.boolean().meta({ description: 'Whether more may come out of it when somebody goes on with it.' }),
  photos: z.object({ processing: z.int(), ready: z.int(), failed: z.int(), cancelled: z.int() }),
  leftOut: z.array(leftOut).meta({ description: 'The first files that did not become photos, and why.' }),
  leftOutCount: z.int(),
  latest: z.array(photoJson).meta({ description: 'The photos that became ready last.' }),
  links: z.object({ self: z.string() }),
})

export type ImportJson = z.infer<typeof importJson>

/** What is asked for what an import is shown with. */
type Parts = Pick<FrontRuntime, 'db' | 'people'>
type SeenImport = Granted<Import, 'see'>

/** Imports in the words of the API, for whoever may see them. */
export async function asJson(parts: Parts, found: readonly SeenImport[], who: Principal): Promise<ImportJson[]> {
  const { db } = parts
  if (found.length === 0) return []
  const operations = await findOperations(
    db,
    found.map(({ operation }) => operation),
  )
  const counts = await countPhotos(
    db,
    found.map(({ id }) => id),
  )
  return Promise.all(
    found.map(async (one) => {
      const operation = operations.find(({ id }) => id === one.operation)
      const latest = photoGuard.takeAll('see', who, await photos(db).latestOf(one, LATEST_COUNT))
      return toJson(one, operation, counts.get(one.id) ?? NONE, await photosAsJson(parts, latest, who))
    }),
  )
}

export async function oneAsJson(parts: Parts, found: SeenImport, who: Principal): Promise<ImportJson> {
  const [json] = await asJson(parts, [found], who)
  if (json === undefined) throw new Error('one import is shown as one')
  return json
}

/** Of an import that is nearly done, renders that ended without telling are noted now: it should not seem to hang. */
const NEARLY_DONE_MAX = 100

async function countPhotos(db: Database, ids: readonly string[]) {
  const all = imports(db)
  const counts = await all.countPhotos(ids)
  const nearlyDone = ids.filter((id) => {
    const { processing } = counts.get(id) ?? NONE
    return processing > 0 && processing <= NEARLY_DONE_MAX
  })
  const making = await Promise.all(nearlyDone.map((id) => all.listMaking(id, NEARLY_DONE_MAX, undefined)))
  const ends = await findEnds(db, making.flat())
  if (ends.length === 0) return counts
  await noteEnds(db, ends)
  return all.countPhotos(ids)
}

const NONE: Readonly<Record<PhotoStatus, number>> = { processing: 0, ready: 0, failed: 0, cancelled: 0 }

function toJson(
  one: Import,
  operation: Operation | undefined,
  counts: Readonly<Record<PhotoStatus, number>>,
  latest: ImportJson['latest'],
): ImportJson {
  const status = statusOf(one, operation)
  const code = operation?.error?.code ?? 'DARKROOM_IMPORT_UNFINISHED'
  return {
    id: one.id,
    name: one.name,
    bytes: Number(one.bytes),
    uploadedAt: one.uploaded_at.toISOString(),
    status,
    operation: `/operations/${one.operation}`,
    problem: status === 'failed' ? { code, detail: UNFINISHED } : null,
    canRetry: one.holds_archive && status !== 'importing',
    photos: counts,
    leftOut: [...(one.left_out ?? [])],
    leftOutCount: one.left_out_count ?? 0,
    latest,
    links: { self: `/api/imports/${one.id}` },
  }
}

function statusOf(one: Import, operation: Operation | undefined): ImportJson['status'] {
  if (one.taken_back_at !== null) return 'takenBack'
  if (one.imported_at !== null) return 'imported'
  switch (operation?.status) {
    case 'cancelled':
      return 'cancelled'
    case 'failed':
    case undefined: // it ended so long ago that it was forgotten
      return 'failed'
    default:
      return 'importing'
  }
}

/** What the operation's error says is for those who run Darkroom. */
const UNFINISHED = 'The archive could not be unpacked to its end, and every attempt was spent. The archive is safe.'
