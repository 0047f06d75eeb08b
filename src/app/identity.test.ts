import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { type Access, allOf, claim, role, signedIn } from '../contract/access.ts'
import { task } from '../contract/task.ts'
import { defineApp } from './define-app.ts'
import { checkIdentity, localUsersOf } from './identity.ts'
import { readSettings } from './settings.ts'

const app = defineApp({ name: 'fixture', identity: { roles: ['editor'] } })
const OWN = { OIDC_ISSUER: 'https://id.example', OIDC_CLIENT_ID: 'photos', ORIGIN: 'https://photos.example' }
const check = (env: Readonly<Record<string, string>>): void => checkIdentity(app, readSettings(env))

describe('K1: production with users', () => {
  test('does not start with the local provider, which lets anybody in', () => {
    for (const MILLRACE_ENV of ['production', 'staging'])
      assert.throws(() => check({ MILLRACE_ENV }), { code: 'MILLRACE_IDENTITY_NOT_CONFIGURED' })
    check({ MILLRACE_ENV: 'development' })
  })

  test('that nobody has named so does not start with it either, where others can reach it', () => {
    const reachable = { code: 'MILLRACE_IDENTITY_LOCAL_REACHABLE' }
    const NODE = { NODE_ENV: 'production' } // as hosts and images set it
    const misspelt = { OIDC_ISUER: 'https://id.example', ORIGIN: 'https://photos.example' }
    for (const env of [misspelt, { HOST: '0.0.0.0' }, { HOST: '::' }, { HOST: '10.1.2.3', MILLRACE_ENV: '' }, NODE])
      assert.throws(() => check(env), reachable)
    for (const env of [{}, { HOST: '::1' }, { HOST: 'localhost', ORIGIN: 'http://localhost:3000' }]) check(env)
    for (const MILLRACE_ENV of ['development', 'test']) check({ HOST: '0.0.0.0', ...misspelt, MILLRACE_ENV })
    check({ ...OWN, HOST: '0.0.0.0' })
  })

  test('names what is missing', () => {
    for (const missing of Object.keys(OWN)) {
      const env = { ...OWN, MILLRACE_ENV: 'production', [missing]: '' }
      assert.throws(() => check(env), { code: 'MILLRACE_IDENTITY_NOT_CONFIGURED', message: new RegExp(missing) })
    }
    check({ ...OWN, MILLRACE_ENV: 'production' })
  })

  test('does not start under an address that anybody on the way can read', () => {
    const env = { ...OWN, ORIGIN: 'http://photos.example', MILLRACE_ENV: 'production' }
    assert.throws(() => check(env), { code: 'MILLRACE_IDENTITY_ORIGIN_INSECURE' })
  })

  test('of an application without users needs none of it', () => {
    checkIdentity(defineApp({ name: 'fixture' }), readSettings({ MILLRACE_ENV: 'production' }))
  })
})

describe('the settings of identity', () => {
  const refused = (name: string, values: readonly string[]): void => {
    for (const value of values)
      assert.throws(() => readSettings({ [name]: value }), { code: 'MILLRACE_SETTINGS_INVALID' }, value)
  }

  test('take an origin, and nothing more or less', () => {
    refused('ORIGIN', [
      'photos.example',
      'ftp://photos.example',
      'https://photos.example/app',
      'https://a:b@photos.example',
      'https://photos.example?x',
      '*',
    ])
    assert.equal(readSettings({ ORIGIN: 'https://photos.example/' }).ORIGIN, 'https://photos.example')
  })

  test('take an issuer whose answers nobody on the way can change', () => {
    refused('OIDC_ISSUER', [
      'http://id.example',
      'id.example',
      'https://a:b@id.example',
      'https://id.example/?x=1',
      'https://id.example/#x',
    ])
    for (const issuer of ['https://id.example/realms/a', 'http://127.0.0.1:9000', 'http://localhost:9000'])
      assert.equal(readSettings({ OIDC_ISSUER: issuer }).OIDC_ISSUER, issuer)
  })

  test('H19: take proxies by their addresses, never by how many there are', () => {
    refused('TRUSTED_PROXIES', ['1', 'true', '*', 'proxy.example', '10.0.0.0/33', '10.0.0.0/0', '::/0', '10.0.0.0/8/8'])
    assert.deepEqual(readSettings({ TRUSTED_PROXIES: '10.0.0.0/8, ::1,loopback' }).TRUSTED_PROXIES, [
      '10.0.0.0/8',
      '::1',
      'loopback',
    ])
  })
})

describe('the users of the local provider', () => {
  test('are those of the application, or two, of whom the first has every role', () => {
    assert.deepEqual(
      localUsersOf(app).map(({ id, roles = [] }) => [id, roles]),
      [
        ['ada', ['editor']],
        ['grace', []],
      ],
    )
    const own = [{ id: 'eve', name: 'Eve' }]
    assert.deepEqual(localUsersOf(defineApp({ name: 'fixture', identity: { roles: [], localUsers: own } })), own)
  })
})

test('a task for a role or a claim that nobody can have is refused where the application is declared', () => {
  const declare = (access: Access) => (): unknown =>
    defineApp({
      name: 'fixture',
      identity: { roles: ['editor'] },
      tasks: [task('empty', { input: z.object({}), access })],
    })
  declare(role('editor'))()
  const refusal = { code: 'MILLRACE_IDENTITY_ROLE_UNDECLARED', message: /the task empty.*"edtor"/ }
  assert.throws(declare(allOf(signedIn, role('edtor'))), refusal)
  assert.throws(declare(claim('edtor', 'x')), refusal)
})
