/** Ids in paths, queries and bodies. Ours are in small letters: an id has one form, which may stand in a path of blobs. */
import { z } from 'zod'

export const uuid = z.uuid().lowercase()
export const params = z.object({ id: uuid })
