/** Albums as the API shows them. */
import type { Granted, Principal } from 'millrace'
import type { FrontRuntime } from 'millrace/web'
import { z } from 'zod'
import { albumGuard, MEMBER_ROLES } from '../contract/rules.ts'
import { type Album, albums, type NewMember } from '../data/albums.ts'
import { links } from '../data/links.ts'

/** What is asked for what an album is shown with. */
type Parts = Pick<FrontRuntime, 'db' | 'people'>
type SeenAlbum = Granted<Album, 'see'>

export const memberJson = z.object({
  account: z.uuid(),
  name: z.string(),
  email: z.string().nullable().meta({ description: 'Null when it is not known, or there is no account any more.' }),
  role: z.enum(MEMBER_ROLES),
})
export type MemberJson = z.infer<typeof memberJson>

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
  hasLinks: z.boolean().meta({ description: 'Whether it has public links that are good: told to whoever sees it.' }),
  members: z.array(memberJson).meta({ description: 'For its owner; empty for others.' }),
  links: z
    .array(z.object({ id: z.uuid(), createdAt: z.string(), expiresAt: z.string() }))
    .meta({ description: 'Those that are good, for its owner; empty for others.' }),
})

export async function asJson(album: SeenAlbum, who: Principal, nameOf: (account: string) => Promise<string>) {
  const { id, title, owner, count, cover, created_at, rights } = album
  const isOwner = owner === who.account
  return {
    ...{ id, title, cover, count: Number(count), createdAt: created_at.toISOString() },
    role: isOwner ? ('owner' as const) : (rights[0]?.role ?? ('viewer' as const)),
    owner: { account: owner, name: isOwner ? who.name : await nameOf(owner) },
  } satisfies AlbumJson
}

/** Its members and links are for its owner alone; that it has links, for all who have photos in it. */
export async function sharingOf({ db, people }: Parts, album: SeenAlbum, who: Principal, now: Date) {
  if (!albumGuard.may('share', who, album))
    return { members: [], links: [], hasLinks: await links(db).isAny(album, now) }
  const own = albumGuard.take('share', who, album)
  const good = await links(db).list(own, now)
  const members = await albums(db).listMembers(own)
  return {
    hasLinks: good.length > 0,
    members: await Promise.all(members.map((member) => asMember(people, member))),
    links: good.map(({ id, created_at, expires_at }) => ({
      ...{ id, createdAt: created_at.toISOString(), expiresAt: expires_at.toISOString() },
    })),
  }
}

/** By what they are called now: several people may have one name. */
export async function asMember(people: Parts['people'], { account, name, role }: NewMember): Promise<MemberJson> {
  const person = await people.find(account)
  return { account, name: person?.name ?? name, email: person?.email ?? null, role }
}
