/** What is said of albums. */
import type { Album, Role } from '../api/albums.ts'

export const GIVEN_ROLES = [
  { role: 'viewer', name: 'Can look' },
  { role: 'editor', name: 'Can change it' },
] as const

/** Whose an album is, and what the reader may do with it. */
export function standingText({ role, owner }: Pick<Album, 'role' | 'owner'>): string {
  const words: Readonly<Record<Role, string>> = {
    owner: 'Yours',
    editor: `By ${owner.name}, you can change it`,
    viewer: `By ${owner.name}, you can look`,
  }
  return words[role]
}
