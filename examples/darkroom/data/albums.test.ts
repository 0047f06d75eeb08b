import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { type TestDatabase, testDatabase } from 'millrace/testing'
import app from '../app.ts'
import { ALBUMS_MAX, ALBUMS_SHARED_LISTED_MAX } from '../contract/limits.ts'
import { albumGuard } from '../contract/rules.ts'
import { OWNER, person } from '../test/people.ts'
import { albums } from './albums.ts'
import { photos } from './photos.ts'
import { purges } from './purges.ts'
import { storage } from './storage.ts'

describe('among many accounts, albums and photos', () => {
  let t: TestDatabase
  before(async () => {
    t = await testDatabase(app)
    const account = (n: string) => `('00000000-0000-4000-8000-' || lpad((${n})::text, 12, '0'))::uuid`
    await t.db.query(
      `insert into photo (id, name, operation, bytes, media_type, owner, uploaded_at, shown_at, status, width, height)
       select ${account('n')}, 'a.jpg', gen_random_uuid(), 10, 'image/jpeg', ${account('n % 100')}, at, at, 'ready', 4, 3
         from generate_series(1, 20000) as n, lateral (select timestamptz '2020-01-01' + n * interval '1 hour' as at) as t`,
    )
    await t.db.query(
      `insert into album select ${account('n')}, ${account('n % 100')}, 'a', now() from generate_series(1, 2000) as n`,
    )
    await t.db.query(
      `insert into album_photo select ${account('1 + n % 2000')}, ${account('n')}, ${account('n % 100')}, now()
         from generate_series(1, 20000) as n`,
    )
    await t.db.query(
      `insert into album_member select ${account('n')}, ${account('(n + m) % 100')}, 'a', 'viewer', now()
         from generate_series(1, 2000) as n, generate_series(1, 3) as m`,
    )
    await t.db.query(
      `insert into album_link select gen_random_uuid(), ${account('n')}, sha256(n::text::bytea), now(), now(), null
         from generate_series(1, 2000) as n`,
    )
    await t.db.query('analyze')
  })
  after(() => t[Symbol.asyncDispose]())

  const ACCOUNT = '00000000-0000-4000-8000-000000000007'
  const plan = async (statement: string) =>
    (await t.db.query<{ 'QUERY PLAN': string }>(`explain ${statement}`)).rows.map((row) => row['QUERY PLAN']).join('\n')

  for (const [what, index, statement] of [
    ['the albums of an owner', /album_of_owner/, `select id from album where owner = '${ACCOUNT}'`],
    ['those of a member', /album_member_of_account/, `select album_id from album_member where account = '${ACCOUNT}'`],
    ['the members', /album_member_pkey/, `select account from album_member where album_id = '${ACCOUNT}'`],
    ['the albums of a photo', /album_photo_of_photo/, `select album_id from album_photo where photo_id = '${ACCOUNT}'`],
    ['the photos of an album', /album_photo_pkey/, `select photo_id from album_photo where album_id = '${ACCOUNT}'`],
    [
      'the links of an album',
      /album_link_of_album/,
      `select id from album_link where album_id = '${ACCOUNT}' and revoked_at is null`,
    ],
    ['a link by its token', /album_link_token_hash_key/, `select id from album_link where token_hash = sha256('7')`],
    ['what is stored', /storage_pkey/, `select used_bytes from storage where owner = '${ACCOUNT}'`],
  ] as const)
    test(`an index leads to ${what}`, async () => {
      await t.db.transaction(async (tx) => {
        await tx.query('set local enable_seqscan = off') // some tables fit into one page, where no index helps
        assert.match(await plan(statement), index)
      })
    })

  test('each is asked what it has, and no other', async () => {
    assert.equal((await photos(t.db).findRights(ACCOUNT, ACCOUNT))?.owner, ACCOUNT)
    const list = await albums(t.db).listOf(ACCOUNT)
    assert.equal(list.length, 80, 'twenty of its own, and sixty of which it is a member')
    assert(list.every(({ count, cover }) => Number(count) === 10 && cover === null))
    const album = albumGuard.take('see', person(ACCOUNT), await albums(t.db).find(ACCOUNT, ACCOUNT))
    assert((await photos(t.db).list({ album }, 50, undefined)).length === 10)
  })
})

describe('the albums of an account', () => {
  const OTHERS = ['bbbbbbbb-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000002'] as const

  test('are as many as one may have, and not one more, whichever way they come', async () => {
    await using t = await testDatabase(app)
    await t.db.query(
      `insert into album select gen_random_uuid(), $1::uuid, 'a', now() from generate_series(1, ${ALBUMS_MAX} - 2)`,
      [OWNER],
    )
    const add = (owner: string) =>
      albums(t.db).add({ id: randomUUID(), owner, title: 'a', createdAt: new Date('2026-01-01') })
    const added = await Promise.all(Array.from({ length: 5 }, () => add(OWNER)))
    assert.deepEqual(added.toSorted(), [false, false, false, true, true])
    assert.equal((await albums(t.db).listOf(OWNER)).length, ALBUMS_MAX)
    assert.equal(await add(OTHERS[0]), true, 'and another has their own')
  })

  test('are all listed, and of everybody who shares some the newest, however many one of them shares', async () => {
    await using t = await testDatabase(app)
    const add = (owner: string, title: string, count: number, day: string) =>
      t.db.query(
        `with made as (insert into album select gen_random_uuid(), $1::uuid, $2::text, $3::timestamptz + n * interval '1 second'
           from generate_series(1, $4::integer) as n returning id)
         insert into album_member select id, $5::uuid, 'a', 'viewer', now() from made where $1::uuid <> $5::uuid`,
        [owner, title, day, count, OWNER],
      )
    await add(OWNER, 'own', 2, '2026-01-01')
    await add(OTHERS[0], 'of a friend', 3, '2026-01-02')
    await add(OTHERS[1], 'of a nuisance', ALBUMS_SHARED_LISTED_MAX, '2026-01-03')
    const titles = (await albums(t.db).listOf(OWNER)).map(({ title }) => title)
    const counted = (one: string) => titles.filter((title) => title === one).length
    assert.deepEqual(
      [counted('own'), counted('of a friend'), counted('of a nuisance')],
      [2, 3, ALBUMS_SHARED_LISTED_MAX - 3],
    )
  })
})

describe('what an account stores', () => {
  const about = { name: 'a.jpg', mediaType: 'image/jpeg', uploadedAt: new Date('2026-01-01') }
  const added = async (t: TestDatabase, owner: string, bytes: number): Promise<string> => {
    const id = randomUUID()
    await photos(t.db).add([{ ...about, id, owner, bytes, operation: randomUUID() }])
    return id
  }

  test('is the sum of its photos, whichever way they come and go', async () => {
    await using t = await testDatabase(app)
    const other = randomUUID()
    const rows = [OWNER, OWNER, other].map((owner, n) => ({ ...about, owner, bytes: 10 + n }))
    await photos(t.db).add(rows.map((row) => ({ ...row, id: randomUUID(), operation: randomUUID() })))
    await added(t, OWNER, 100)
    const used = async () => [await storage(t.db).usedBytes(OWNER), await storage(t.db).usedBytes(other)]
    assert.deepEqual(await used(), [121, 12])
    await t.db.query(`update photo set deleted_at = '2026-01-01' where bytes in (11, 12)`)
    assert.deepEqual(await used(), [121, 12])
    assert.equal((await purges(t.db).removeDeleted(new Date('2026-01-02'))).length, 2)
    assert.deepEqual(await used(), [110, 0])
    const rolledBack = t.db.transaction(async () => {
      await added(t, OWNER, 1_000)
      throw new Error('no')
    })
    await assert.rejects(rolledBack, /no/)
    assert.deepEqual(await used(), [110, 0])
  })

  test('is asked for by one at a time, the first time too', async () => {
    await using t = await testDatabase(app)
    const free: number[] = []
    const take = () =>
      t.db.transaction(async () => {
        free.push(await storage(t.db).lockFreeBytes(OWNER))
        await added(t, OWNER, 100)
      })
    await Promise.all(Array.from({ length: 5 }, take))
    assert.deepEqual(
      free.map((bytes) => (free[0] ?? 0) - bytes),
      [0, 100, 200, 300, 400],
    )
  })
})
