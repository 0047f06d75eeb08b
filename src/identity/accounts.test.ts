import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { systemClock } from '../kernel/clock.ts'
import { newRandomId } from '../kernel/ids.ts'
import { testDatabase } from '../testing/test-database.ts'
import { Accounts, type Begun, CLOCKS_APART_MS_MAX, type Said } from './accounts.ts'
import { saidBy } from './facts.ts'

const said = (more: Partial<Said> = {}): Said => ({
  issuer: 'https://id.example',
  subject: 'ada',
  name: 'Ada',
  email: 'ada@example.org',
  roles: ['editor'],
  claims: {},
  isAll: true,
  atMs: 1_000,
  ...more,
})

async function opened() {
  const t = await testDatabase()
  return {
    accounts: new Accounts({ db: t.db, clock: systemClock }),
    advance: t.advance,
    /** A session that begins now, by the database's clock; it is in no store. */
    async begins(account: string): Promise<Begun> {
      const { rows } = await t.db.query<{ now: Date }>('select millrace.now() as now')
      return { id: newRandomId(), account, begunAt: rows[0]?.now ?? assert.fail() }
    },
    [Symbol.asyncDispose]: () => t[Symbol.asyncDispose](),
  }
}

describe('an account', () => {
  test('O11: is known by issuer and subject; an e-mail address makes nobody somebody else', async () => {
    await using t = await opened()
    const ada = await t.accounts.note(said())
    const others = [said({ subject: 'eve' }), said({ issuer: 'https://evil.example' })]
    for (const other of others) assert.notEqual((await t.accounts.note(other)).account, ada.account)
    assert.equal((await t.accounts.note(said({ email: 'another@example.org', atMs: 2_000 }))).account, ada.account)
  })

  test('has the roles that were said last, whenever that is heard, and those that are granted here', async () => {
    await using t = await opened()
    const { account } = await t.accounts.note(said({ roles: ['editor'], atMs: 2_000 }))
    const rolesOf = async (): Promise<readonly string[]> => (await t.accounts.find(account))?.roles ?? []
    await t.accounts.note(said({ roles: ['viewer'], atMs: 3_000 }))
    assert.deepEqual(await rolesOf(), ['viewer'])
    await t.accounts.note(said({ roles: ['editor'], atMs: 1_000 }))
    assert.deepEqual(await rolesOf(), ['viewer'], 'an older word changes nothing')
    await t.accounts.note(said({ roles: undefined, isAll: false, atMs: 4_000 }))
    assert.deepEqual(await rolesOf(), ['viewer'], 'a token that says nothing of roles changes nothing')
    assert.deepEqual(await t.accounts.grant(account, { add: ['owner', 'viewer'] }), ['owner', 'viewer'])
    assert.deepEqual((await rolesOf()).toSorted(), ['owner', 'viewer'])
    await t.accounts.grant(account, { remove: ['owner'] })
    await t.accounts.note(said({ roles: [], atMs: 5_000 }))
    assert.deepEqual(await rolesOf(), ['viewer'])
  })

  test('Z4: loses the last role, claim and address that the provider no longer names when it says all', async () => {
    await using t = await opened()
    const known = async () => {
      const { roles, claims, email } = (await t.accounts.find(account)) ?? {}
      return { roles, claims, email }
    }
    const claims = { department: ['engines'], floor: ['3'] }
    const { account } = await t.accounts.note(said({ claims }))
    const token = said({ email: undefined, roles: undefined, claims: { floor: ['4'] }, isAll: false, atMs: 2_000 })
    await t.accounts.note(token)
    assert.deepEqual(await known(), {
      roles: ['editor'],
      claims: { department: ['engines'], floor: ['4'] },
      email: 'ada@example.org',
    })
    await t.accounts.note(said({ email: undefined, roles: undefined, claims: {}, atMs: 3_000 }))
    assert.deepEqual(await known(), { roles: [], claims: {}, email: null })
  })

  test('that is disabled is found by nobody and cannot be used, until it is enabled', async () => {
    await using t = await opened()
    const { account } = await t.accounts.note(said())
    await t.accounts.setDisabled(account, true)
    assert.equal(await t.accounts.find(account), undefined)
    assert.deepEqual(await t.accounts.findByEmail('ada@example.org'), [])
    await assert.rejects(t.accounts.note(said()), { code: 'MILLRACE_IDENTITY_ACCOUNT_DISABLED' })
    await t.accounts.setDisabled(account, false)
    assert.equal((await t.accounts.find(account))?.account, account)
    assert.deepEqual(
      [await t.accounts.setDisabled('nonsense', true), await t.accounts.grant('nonsense', {})],
      [false, undefined],
    )
  })

  test('that was signed out is found by no older session, wherever that is kept; by those after it, it is', async () => {
    await using t = await opened()
    const { account } = await t.accounts.note(said())
    const [before, spared] = [await t.begins(account), await t.begins(account)]
    const alive = async (...sessions: readonly Begun[]): Promise<readonly boolean[]> =>
      Promise.all(sessions.map(async (session) => (await t.accounts.findOf(session)) !== undefined))
    await t.advance(CLOCKS_APART_MS_MAX + 1_000)
    assert.deepEqual(await alive(before, spared), [true, true])
    await t.accounts.signOut(account, spared.id)
    const after = await t.begins(account)
    assert.deepEqual(await alive(before, spared, after), [false, true, true])
    await t.advance(CLOCKS_APART_MS_MAX + 1_000)
    await t.accounts.signOut(account)
    assert.deepEqual(await alive(before, spared, after), [false, false, false])
    assert.equal((await t.accounts.find(account))?.account, account)
    assert.deepEqual([await t.accounts.signOut('nonsense'), await t.accounts.signOut(newRandomId())], [false, false])
  })

  test('that was disabled and is enabled again brings no session back', async () => {
    await using t = await opened()
    const { account } = await t.accounts.note(said())
    const before = await t.begins(account)
    await t.advance(CLOCKS_APART_MS_MAX + 1_000)
    await t.accounts.setDisabled(account, true)
    await t.accounts.setDisabled(account, false)
    assert.equal(await t.accounts.findOf(before), undefined)
    assert.ok(await t.accounts.findOf(await t.begins(account)))
  })

  test('is left in by clocks that differ a little: who logs in right after a sign-out stays', async () => {
    await using t = await opened()
    const { account } = await t.accounts.note(said())
    await t.accounts.signOut(account)
    const { begunAt, ...session } = await t.begins(account)
    const behind = (ms: number) => t.accounts.findOf({ ...session, begunAt: new Date(begunAt.getTime() - ms) })
    assert.ok(await behind(CLOCKS_APART_MS_MAX - 1_000))
    assert.equal(await behind(CLOCKS_APART_MS_MAX + 1_000), undefined)
  })

  test('is found by its e-mail address, in whatever letters', async () => {
    await using t = await opened()
    const { account } = await t.accounts.note(said())
    assert.deepEqual(
      (await t.accounts.findByEmail('ADA@example.ORG')).map((found) => found.account),
      [account],
    )
  })

  test('is listed page by page, by name', async () => {
    await using t = await opened()
    for (const name of ['carol', 'Ada', 'bob', 'Bob']) await t.accounts.note(said({ subject: `${name}!`, name }))
    const first = await t.accounts.list({ limit: 2 })
    const [, after] = first
    const second = await t.accounts.list({ limit: 10, ...(after === undefined ? {} : { after }) })
    assert.deepEqual(
      [...first, ...second].map(({ name }) => name.toLowerCase()),
      ['ada', 'bob', 'bob', 'carol'],
    )
    assert.deepEqual((await t.accounts.list({ matching: '%', limit: 10 })).length, 0, 'it is no pattern')
  })
})

describe('what a provider claims', () => {
  const rules = {
    rolesClaim: 'roles',
    roles: ['editor'],
    claims: ['department', '__proto__'],
    emails: 'verified',
  } as const
  const from = { issuer: 'i', subject: 's', atMs: 0, isAll: true }

  test('X1: that is no text, is endless, or reaches into every object, is left out', () => {
    const claims = JSON.parse(
      '{"name":{"a":1},"email":["x"],"roles":["editor",1,null,{"a":1},"\\u0000","root"],"department":{"x":1},"__proto__":{"polluted":"yes"}}',
    ) as Record<string, unknown>
    const facts = saidBy(claims, rules, from)
    assert.deepEqual([facts.name, facts.email, facts.roles], [undefined, undefined, ['editor']])
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
    assert.equal(saidBy({ roles: 'x'.repeat(300) }, rules, from).roles?.length, 0)
    assert.equal(saidBy({ roles: Array(100_000).fill('editor') }, rules, from).roles?.length, 100)
  })
})
