/** People of tests that call the data layer without a web: accounts, and what they are granted. */
import type { Principal } from 'millrace'
import type { Database } from 'millrace/data'
import type { Directory } from 'millrace/web'
import { importGuard, photoGuard } from '../contract/rules.ts'
import { imports } from '../data/imports.ts'
import { photos } from '../data/photos.ts'

/** Somebody whose photos tests make. */
export const OWNER = 'aaaaaaaa-0000-4000-8000-000000000001'

export const person = (account: string): Principal => ({ account, name: 'Ada', email: null, roles: [], claims: {} })

/** Knows nobody. */
export const nobody: Directory = { find: async () => undefined, findByEmail: async () => [] }

/** A photo that its owner asks for. */
export async function granted<A extends 'see' | 'edit' | 'remove' | 'restore'>(db: Database, action: A, id: string) {
  const photo = await photos(db).findEvenDeleted(id)
  return photoGuard.take(action, person(photo?.owner ?? ''), photo)
}

/** An import that its uploader asks for. */
export async function grantedImport(db: Database, id: string) {
  const found = await imports(db).find(id)
  return importGuard.take('change', person(found?.uploader ?? ''), found)
}
