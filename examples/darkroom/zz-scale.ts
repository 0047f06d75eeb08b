import { testDatabase } from 'millrace/testing'
import app from './app.ts'
import { relinkAfter } from './data/duplicates.ts'
import { renders } from './data/renders.ts'
import { photos } from './data/photos.ts'
import { randomUUID } from 'node:crypto'
await using t = await testDatabase(app)
await t.db.query(`insert into photo (id, name, operation, bytes, media_type, uploaded_at, shown_at, status, width, height, looks)
 select gen_random_uuid(), 'a.jpg', gen_random_uuid(), 1, 'image/jpeg', at, at, 'ready', 4, 3, (('x' || md5((n - (n % 10 = 0)::int)::text))::bit(128))::bit(64)
 from generate_series(1, 100000) as n, lateral (select timestamptz '2020-01-01' + n * interval '1 hour' as at) as t`, [], { deadlineMs: 120000 })
await t.db.query('analyze photo')
let s = performance.now(), last: string | undefined, c = 0, n = 0
do { const r = await relinkAfter(t.db, last); last = r.last; c += r.changed; n += r.compared } while (last)
console.log('nightly', n, c, ((performance.now() - s) / 1000).toFixed(1), 's')
s = performance.now(); last = undefined; n = 0
do { const r = await relinkAfter(t.db, last); last = r.last; n += r.changed } while (last)
console.log('again', n, ((performance.now() - s) / 1000).toFixed(1), 's')
for (let i = 0; i < 3; i++) { const id = randomUUID(); await photos(t.db).add([{ id, name: 'a', operation: randomUUID(), bytes: 1, mediaType: 'image/jpeg', uploadedAt: new Date() }])
s = performance.now(); await t.db.transaction(() => renders(t.db).finish(id, { takenAt: null, camera: null, lens: null, exposure: null, position: null, colours: [], placeholder: 'AA==', width: 4, height: 3, looks: '0110100110010110'.repeat(4) }, [{ file: 'a', format: 'avif', size: 3, width: 2, height: 2, bytes: 1 }])); console.log('finish', (performance.now() - s).toFixed(1), 'ms') }
