/**
 * Renders that ended without a handler that could note it with the photo: it was killed with its thread, its worker died
 * too often, or the job was cancelled before it began. The operation knows; whoever sees it first notes it.
 */
import { sql } from 'kysely'
import type { Database } from 'millrace/data'
import { findOperations, type Operation } from 'millrace/queue'
import { tablesOf } from './tables.ts'

/** A photo that is being made, as far as its row knows. */
export interface Making {
  readonly id: string
  readonly operation: string
}

export interface End extends Making {
  readonly status: 'failed' | 'cancelled'
  /** Of a failure. */
  readonly problem: { readonly code: string; readonly detail: string } | null
}

/** Which of these are not being made any more, and why. */
export async function findEnds(db: Database, making: readonly Making[]): Promise<readonly End[]> {
  if (making.length === 0) return []
  const operations = await findOperations(
    db,
    making.map(({ operation }) => operation),
  )
  const byId = new Map(operations.map((operation) => [operation.id, operation]))
  return making.flatMap(({ id, operation }) => {
    const end = endOf(byId.get(operation))
    return end === undefined ? [] : [{ id, operation, ...end }]
  })
}

/** Notes ends with their photos, unless one has been begun anew meanwhile. */
export async function noteEnds(db: Database, ends: readonly End[]): Promise<void> {
  if (ends.length === 0) return
  const column = <T>(of: (end: End) => T) => ends.map(of)
  await sql`
    update photo
       set status = ended.status, problem_code = ended.code, problem_detail = ended.detail
      from unnest(${column(({ id }) => id)}::uuid[], ${column(({ operation }) => operation)}::uuid[],
             ${column(({ status }) => status)}::text[], ${column(({ problem }) => problem?.code ?? null)}::text[],
             ${column(({ problem }) => problem?.detail ?? null)}::text[]) as ended (id, operation, status, code, detail)
     where photo.id = ended.id and photo.operation = ended.operation and photo.status = 'processing'
  `.execute(tablesOf(db))
}

/** Up to `limit` photos that are being made, after one of them, by id. */
export function listMaking(db: Database, limit: number, after: string | undefined): Promise<readonly Making[]> {
  const making = tablesOf(db)
    .selectFrom('photo')
    .select(['id', 'operation'])
    .where(sql<boolean>`status = 'processing'`)
    .orderBy('id')
    .limit(limit)
  return (after === undefined ? making : making.where('id', '>', after)).execute()
}

/** Up to `limit` photos of an account that are being made. */
export function listMakingOf(db: Database, owner: string, limit: number): Promise<readonly Making[]> {
  return tablesOf(db)
    .selectFrom('photo')
    .select(['id', 'operation'])
    .where('owner', '=', owner)
    .where(sql<boolean>`status = 'processing'`)
    .orderBy('id')
    .limit(limit)
    .execute()
}

const CODE_CHARS_MAX = 100
/** What the operation's error says is for those who run Darkroom. */
const UNFINISHED = 'The photo could not be rendered, and every attempt was spent. The original is safe.'

function endOf(operation: Operation | undefined): Pick<End, 'status' | 'problem'> | undefined {
  switch (operation?.status) {
    case 'cancelled':
      return { status: 'cancelled', problem: null }
    case 'failed':
    case undefined: {
      // undefined: it ended so long ago that it was forgotten
      const code = operation?.error?.code?.slice(0, CODE_CHARS_MAX) ?? 'DARKROOM_PHOTO_UNFINISHED'
      return { status: 'failed', problem: { code, detail: UNFINISHED } }
    }
    default:
      return undefined
  }
}
