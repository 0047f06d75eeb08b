/**
 * Who may do what with photos, albums and imports. A photo is its owner's; others see it through the albums that hold it,
 * and whoever may change such an album may write below it as well. Pure: what a rule must know stands in the thing.
 */
import { guard, type Principal } from 'millrace'

/** What somebody may do in an album that is not theirs. */
export const MEMBER_ROLES = ['editor', 'viewer'] as const
export type MemberRole = (typeof MEMBER_ROLES)[number]

/** What an account may do in an album: `owner` is whose it is. */
export interface Right {
  readonly account: string
  readonly role: 'owner' | MemberRole
}

export interface PhotoThing {
  readonly id: string
  /** Null: uploaded before anyone noted whose it is. It is nobody's. */
  readonly owner: string | null
  readonly deleted_at: Date | null
  /** In the albums that hold it. */
  readonly rights: readonly Right[]
}

export interface AlbumThing {
  readonly id: string
  readonly owner: string
  readonly rights: readonly Right[]
}

export interface ImportThing {
  readonly id: string
  readonly uploader: string
}

const isOwner = ({ owner }: { readonly owner: string | null }, who: Principal | undefined): boolean =>
  who !== undefined && owner === who.account

const has = ({ rights }: { readonly rights: readonly Right[] }, who: Principal | undefined, roles: readonly string[]) =>
  rights.some(({ account, role }) => account === who?.account && roles.includes(role))

const CHANGE = ['owner', 'editor']
const LOOK = ['owner', 'editor', 'viewer']

export const photoGuard = guard('photo', {
  /** A deleted photo is there for its owner alone, who may bring it back. */
  see: (photo: PhotoThing, who) => isOwner(photo, who) || (photo.deleted_at === null && has(photo, who, LOOK)),
  edit: (photo, who) => isOwner(photo, who) || has(photo, who, CHANGE),
  remove: isOwner,
  restore: isOwner,
  retry: isOwner,
  /** Into an album. */
  show: isOwner,
})

/** What whoever asked for an album may do with the photos that it holds. */
export function rightsIn({ owner, rights }: AlbumThing): Right[] {
  return [{ account: owner, role: 'owner' }, ...rights]
}

export const albumGuard = guard('album', {
  see: (album: AlbumThing, who) => isOwner(album, who) || has(album, who, LOOK),
  edit: (album, who) => isOwner(album, who) || has(album, who, CHANGE),
  /** With members and by links. */
  share: isOwner,
  remove: isOwner,
})

export const importGuard = guard('import', {
  see: (one: ImportThing, who) => one.uploader === who?.account,
  change: (one, who) => one.uploader === who?.account,
})
