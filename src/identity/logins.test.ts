import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { testDatabase } from '../testing/test-database.ts'
import { LOGIN_LIFE_MS, Logins, purgeIdentity } from './logins.ts'

describe('a login that nobody has finished', () => {
  test('is removed when its time is over, however many there are of them', async () => {
    await using t = await testDatabase()
    await t.db.query(
      `insert into millrace.login (state_hash, browser_hash, nonce, verifier, return_to, expires_at)
       select sha256(n::text::bytea), 'x', 'x', 'x', '/', millrace.now() + $1::bigint * interval '1 ms'
         from generate_series(1, 3500) n`,
      [LOGIN_LIFE_MS],
    )
    const count = async (): Promise<number | undefined> =>
      (await t.db.query<{ count: number }>('select count(*)::integer as count from millrace.login')).rows[0]?.count
    await purgeIdentity(t.db)
    assert.equal(await count(), 3_500)
    await t.advance(LOGIN_LIFE_MS)
    await new Logins(t.db).begin('/', undefined)
    await purgeIdentity(t.db)
    assert.equal(await count(), 1, 'the one that has just begun')
  })
})
