import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { testDatabase } from 'millrace/testing'
import app from '../app.ts'
import { OWNER } from '../test/people.ts'
import { listMaking, noteEnds } from './ends.ts'
import { failures } from './failures.ts'
import { photos } from './photos.ts'

const fail = (id: string, operation: string, code = 'X') => ({
  ...{ id, operation, status: 'failed' as const, problem: { code, detail: 'It failed.' } },
})

test('an end is noted once, and not for a photo that has been begun anew', async () => {
  await using t = await testDatabase(app)
  const [id, first, second] = [randomUUID(), randomUUID(), randomUUID()]
  const about = { id, name: 'a.jpg', operation: first, bytes: 1, mediaType: 'image/jpeg' }
  await photos(t.db).add([{ ...about, uploadedAt: new Date(), owner: OWNER }])
  const status = async () => (await photos(t.db).find(id))?.status
  await noteEnds(t.db, [fail(id, second)])
  assert.equal(await status(), 'processing')
  await noteEnds(t.db, [fail(id, first)])
  assert.equal(await status(), 'failed')
  await failures(t.db).begin([{ id, operation: second }])
  await noteEnds(t.db, [fail(id, first)])
  assert.equal(await status(), 'processing')
  await noteEnds(t.db, [{ id, operation: second, status: 'cancelled', problem: null }])
  const photo = await photos(t.db).find(id)
  assert.deepEqual([photo?.status, photo?.problem_code, await listMaking(t.db, 10, undefined)], ['cancelled', null, []])
})

test('photos that two requests want to try again are taken by one of them', async () => {
  await using t = await testDatabase(app)
  const ids = Array.from({ length: 4 }, () => randomUUID())
  const about = { name: 'a.jpg', bytes: 1, mediaType: 'image/jpeg', uploadedAt: new Date(), owner: OWNER }
  await photos(t.db).add(ids.map((id) => ({ id, operation: id, ...about })))
  await noteEnds(
    t.db,
    ids.map((id) => fail(id, id)),
  )
  const taken = await t.db.transaction(async () => {
    const own = await failures(t.db).lockRetryable(OWNER, 3)
    const others = await t.db.outsideTransaction(() => t.db.transaction(() => failures(t.db).lockRetryable(OWNER, 10)))
    return [own.length, others.length]
  })
  assert.deepEqual(taken, [3, 1])
})

test('failures are read from their own index, however many photos there are', async () => {
  await using t = await testDatabase(app)
  await t.db.query(
    `insert into photo (id, name, operation, bytes, media_type, owner, uploaded_at, shown_at, status, problem_code, width, height)
     select gen_random_uuid(), 'a.jpg', gen_random_uuid(), 1, 'image/jpeg', '${OWNER}', now(), now(),
            case when n % 1000 = 0 then 'failed' else 'ready' end, case when n % 1000 = 0 then 'X' end, 1, 1
       from generate_series(1, 20000) as n`,
  )
  await t.db.query('analyze photo')
  const { rows } = await t.db.query<{ 'QUERY PLAN': string }>(
    `explain select id from photo where owner = '${OWNER}' and deleted_at is null and photo.status in ('failed', 'cancelled')
      order by shown_at desc, id desc limit 50`,
  )
  assert.match(rows.map((row) => row['QUERY PLAN']).join('\n'), /Index.* Scan using photo_not_made/)
})
