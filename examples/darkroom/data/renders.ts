/** What the worker writes about a photo: what it found, or why it could not. */
import { sql } from 'kysely'
import type { Database } from 'millrace/data'
import { linkNewcomer } from './duplicates.ts'
import { type Exposure, type Position, type RenditionTable, tablesOf } from './tables.ts'

/** All that rendering finds out about a photo. */
export interface Findings {
  readonly width: number
  readonly height: number
  readonly takenAt: { readonly text: string; readonly instant: Date } | null
  readonly camera: string | null
  readonly lens: string | null
  readonly exposure: Exposure | null
  readonly position: Position | null
  readonly colours: readonly string[]
  readonly placeholder: string
  readonly looks: string | null
}

export type MadeRendition = Omit<RenditionTable, 'photo_id'>

/** What the worker asks and writes. Inside a transaction all of this joins it. */
export function renders(db: Database) {
  const tables = tablesOf(db)

  return {
    /** What was uploaded; undefined once the photo was purged. */
    find(id: string) {
      return tables.selectFrom('photo').select(['id', 'media_type']).where('id', '=', id).executeTakeFirst()
    },

    /** Stores a photo's renditions and findings, in place of any that an earlier run has stored. False when it is gone. */
    async finish(id: string, findings: Findings, renditions: readonly MadeRendition[]): Promise<boolean> {
      const photo = await tables
        .selectFrom('photo')
        .select('uploaded_at')
        .where('id', '=', id)
        .forUpdate()
        .executeTakeFirst()
      if (photo === undefined) return false
      await tables.deleteFrom('rendition').where('photo_id', '=', id).execute()
      await tables
        .insertInto('rendition')
        .values(renditions.map((rendition) => ({ photo_id: id, ...rendition })))
        .execute()
      const { takenAt, colours, ...facts } = findings
      await tables
        .updateTable('photo')
        .set({
          ...facts,
          status: 'ready',
          problem_code: null,
          problem_detail: null,
          ready_at: sql<Date>`now()`,
          colours: [...colours],
          taken_at: takenAt?.text ?? null,
          shown_at: takenAt?.instant ?? photo.uploaded_at,
        })
        .where('id', '=', id)
        .execute()
      if (findings.looks !== null) await linkNewcomer(tables, id)
      return true
    },

    /** Marks a photo that no attempt will ever render, unless one has. */
    async fail(id: string, code: string, detail: string): Promise<void> {
      await tables
        .updateTable('photo')
        .set({ status: 'failed', problem_code: code, problem_detail: detail })
        .where('id', '=', id)
        .where('status', '=', 'processing')
        .execute()
    },
  }
}
