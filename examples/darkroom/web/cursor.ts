/** Cursors: the place where a page of the list ended, as a word that clients hand back unread. */
import { z } from 'zod'
import type { Place } from '../data/photos.ts'

/** A cursor as it comes back from a client; one that we did not make is a mistake in the request. */
export const cursor = z
  .string()
  .max(200)
  .transform((text, context): Place => {
    const place = placeOf(text)
    if (place !== undefined) return place
    context.addIssue({ code: 'custom', message: 'is not the `next` of an earlier page' })
    return z.NEVER
  })

export const page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  after: cursor.optional(),
})

/** Of what was found, one more than a page holds: the page, and the cursor of the next one; null at the end. */
export function pageOf<T extends { readonly id: string }>(
  found: readonly T[],
  limit: number,
  at: (one: T) => Date,
): { readonly shown: readonly T[]; readonly next: string | null } {
  const shown = found.slice(0, limit)
  const last = found.length > limit ? shown.at(-1) : undefined
  return { shown, next: last === undefined ? null : cursorOf({ at: at(last), id: last.id }) }
}

export function cursorOf({ at, id }: Place): string {
  return Buffer.from(`${at.toISOString()} ${id}`).toString('base64url')
}

function placeOf(text: string): Place | undefined {
  const [time = '', id = ''] = Buffer.from(text, 'base64url').toString().split(' ')
  const at = new Date(time)
  // JavaScript has moments before the first of PostgreSQL's (4713 BC): no photo is of a year that is not written with four digits
  if (!/^\d{4}-/.test(time)) return undefined
  if (Number.isNaN(at.getTime()) || !z.uuid().safeParse(id).success) return undefined
  return cursorOf({ at, id }) === text ? { at, id } : undefined
}
