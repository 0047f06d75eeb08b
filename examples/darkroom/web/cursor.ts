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

export function cursorOf({ shown_at, id }: { readonly shown_at: Date; readonly id: string }): string {
  return Buffer.from(`${shown_at.toISOString()} ${id}`).toString('base64url')
}

function placeOf(text: string): Place | undefined {
  const [time = '', id = ''] = Buffer.from(text, 'base64url').toString().split(' ')
  const shownAt = new Date(time)
  // JavaScript has moments before the first of PostgreSQL's (4713 BC): no photo is of a year that is not written with four digits
  if (!/^\d{4}-/.test(time)) return undefined
  if (Number.isNaN(shownAt.getTime()) || !z.uuid().safeParse(id).success) return undefined
  return cursorOf({ shown_at: shownAt, id }) === text ? { shownAt, id } : undefined
}
