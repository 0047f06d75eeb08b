/** A photo archive of one, shared with two others: what the matrix of rights is tried with, made anew for every request. */
import { randomUUID } from 'node:crypto'
import type { TestApp } from 'millrace/testing'
import { originalKey, renditionKey } from '../contract/files.ts'
import { DAY_MS } from '../contract/limits.ts'
import { albumGuard, photoGuard } from '../contract/rules.ts'
import { albums } from '../data/albums.ts'
import { imports } from '../data/imports.ts'
import { links } from '../data/links.ts'
import { photos } from '../data/photos.ts'
import { person } from './people.ts'

export interface Cast {
  readonly owner: string
  readonly editor: string
  readonly viewer: string
}

export interface Scene {
  readonly album: string
  /** Of the owner, in the album: ready, failed, and deleted. */
  readonly photo: string
  readonly failed: string
  readonly deleted: string
  /** Of the one who asks, in no album. */
  readonly loose: string
  readonly file: string
  readonly import: string
  readonly link: string
  readonly token: string
}

const FILE = '320-0123456789abcdef.jpg'

/** @param asker whose `loose` is. */
export async function makeScene(t: TestApp, cast: Cast, asker: string): Promise<Scene> {
  const { db } = t
  const now = new Date(t.clock.now())
  const add = async (owner: string): Promise<string> => {
    const id = randomUUID()
    const about = { name: 'a.jpg', operation: randomUUID(), bytes: 4, mediaType: 'image/jpeg' }
    await photos(db).add([{ id, owner, uploadedAt: now, ...about }])
    return id
  }
  const [photo, failed, deleted] = [await add(cast.owner), await add(cast.owner), await add(cast.owner)]
  const loose = asker === '' ? randomUUID() : await add(asker)
  for (const key of [originalKey(photo), renditionKey(photo, FILE)]) await t.blobs.put(key, Buffer.from('file'))
  await db.query(`insert into rendition values ($1, $2, 'jpeg', 320, 4, 3, 4)`, [photo, FILE])
  await db.query(`update photo set status = 'ready', width = 4, height = 3 where id = any ($1)`, [[photo, deleted]])
  await db.query(
    `update photo set status = 'failed', problem_code = 'X', problem_detail = 'It is away.' where id = $1`,
    [failed],
  )

  const who = person(cast.owner)
  const id = randomUUID()
  await albums(db).add({ id, owner: cast.owner, title: 'Dunes', createdAt: now })
  const found = await albums(db).find(id, cast.owner)
  const own = photoGuard.takeAll('show', who, await photos(db).findOwn([photo, failed, deleted], cast.owner))
  const album = albumGuard.take('share', who, found)
  await albums(db).addPhotos(albumGuard.take('edit', who, found), own, { account: cast.owner, at: now })
  for (const role of ['editor', 'viewer'] as const)
    await albums(db).putMember(album, { account: cast[role], name: role, role }, now)
  const link = { id: randomUUID(), createdAt: now, expiresAt: new Date(now.getTime() + DAY_MS) }
  const token = await links(db).add(album, link)
  await db.query('update photo set deleted_at = $2 where id = $1', [deleted, now])

  const about = { id: randomUUID(), uploader: cast.owner, name: 'a.zip', bytes: 4, operation: randomUUID() }
  await imports(db).add({ ...about, uploadedAt: now })
  return { album: id, photo, failed, deleted, loose, file: FILE, import: about.id, link: link.id, token }
}
