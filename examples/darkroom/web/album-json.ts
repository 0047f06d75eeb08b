/** Albums as the API shows them. */
import type { Principal } from 'millrace'
import type { Database } from 'millrace/data'
import type { FrontRuntime } from 'millrace/web'
import { z } from 'zod'
import { albumGuard, MEMBER_ROLES } from '../contract/rules.ts'
import { type Album, albums } from '../data/albums.ts'
import { links } from '../data/links.ts'

export const memberJson = z.object({ account: z.uuid(), name: z.string(), role: z.enum(MEMBER_ROLES) })

export const albumJson = z.object({
  id: z.uuid(),
  title: z.string(),
  role: z.enum(['owner', ...MEMBER_ROLES]).meta({ description: 'What the one who asks is in it.' }),
  owner: z.object({ account: z.uuid(), name: z.string() }),
  count: z.int().meta({ description: 'Of its photos.' }),
  cover: z.string().nullable().meta({ description: 'Path of a picture; null for an album without one.' }),
  createdAt: z.string(),
})
export type AlbumJson = z.infer<typeof albumJson>

export const wholeAlbumJson = albumJson.extend({
  members: z.array(memberJson).meta({ description: 'For its owner; empty for others.' }),
  links: z
    .array(z.object({ id: z.uuid(), createdAt: z.string(), expiresAt: z.string() }))
    .meta({ description: 'Those that are good, for its owner; empty for others.' }),
})

/** What is shown of somebody who has no account any more. */
const NOBODY = 'Somebody who has left'

/** Finds the name of an account, each account once. */
export function namesOf(people: FrontRuntime['people']): (account: string) => Promise<string> {
  const found = new Map<string, Promise<string>>()
  return (account) => {
    const name = found.get(account) ?? people.find(account).then((principal) => principal?.name ?? NOBODY)
    found.set(account, name)
    return name
  }
}

export async function asJson(album: Album, who: Principal, nameOf: (account: string) => Promise<string>) {
  const { id, title, owner, count, cover, created_at, rights } = album
  const isOwner = owner === who.account
  return {
    ...{ id, title, cover, count: Number(count), createdAt: created_at.toISOString() },
    role: isOwner ? ('owner' as const) : (rights[0]?.role ?? ('viewer' as const)),
    owner: { account: owner, name: isOwner ? who.name : await nameOf(owner) },
  } satisfies AlbumJson
}

/** Its members and links are for its owner alone. */
export async function sharingOf(db: Database, album: Album, who: Principal, now: Date) {
  if (!albumGuard.may('share', who, album)) return { members: [], links: [] }
  const own = albumGuard.take('share', who, album)
  const good = await links(db).list(own, now)
  return {
    members: await albums(db).listMembers(own),
    links: good.map(({ id, created_at, expires_at }) => ({
      ...{ id, createdAt: created_at.toISOString(), expiresAt: expires_at.toISOString() },
    })),
  }
}
