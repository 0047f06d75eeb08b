/** An application with users in production, as a process and as `millrace check` sees it. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { millrace } from '../cli/operators-test-kit.ts'
import { launchApp } from '../testing/started-app.ts'

const PEOPLE = fileURLToPath(new URL('../cli/fixture/people-app.ts', import.meta.url))
const USERLESS = fileURLToPath(new URL('../cli/fixture/app.ts', import.meta.url))
/** Nobody listens there: nothing may come to asking it. */
const DATABASE_URL = 'postgres://localhost:1/nowhere'
const OWN = { OIDC_ISSUER: 'https://id.example', OIDC_CLIENT_ID: 'photos', ORIGIN: 'https://photos.example' }

/** Settings, and what is wrong with them. */
const WRONG: readonly (readonly [Readonly<Record<string, string>>, RegExp])[] = [
  [{}, /OIDC_ISSUER/],
  [{ ...OWN, ORIGIN: 'http://photos.example' }, /http:\/\/photos\.example/],
]

describe('K1: in production, an application with users', () => {
  for (const [env, says] of WRONG)
    test(`does not start a web process with ${JSON.stringify(env)}, and says why`, async () => {
      await using app = await launchApp(PEOPLE, {
        command: 'web',
        env: { MILLRACE_ENV: 'production', DATABASE_URL, ...env },
      })
      assert.equal(await app.exited, 78, app.output())
      assert.match(app.output(), says)
      await assert.rejects(fetch(`${app.url}/livez`), 'nothing listens')
    })

  test('is told by check what would keep it from starting', async () => {
    interface Found {
      readonly what: string
      readonly ok: boolean
      readonly says: string
    }
    const identity = async (
      app: string,
      env: Readonly<Record<string, string>>,
    ): Promise<readonly [number | null, Found | undefined]> => {
      const { status, stdout } = await millrace(['check', app, '--json'], env)
      const { findings } = JSON.parse(stdout) as { findings: readonly Found[] }
      return [status, findings.find(({ what }) => what === 'identity')]
    }
    const production = { MILLRACE_ENV: 'production' }
    const [wrong, own, local, userless] = await Promise.all([
      identity(PEOPLE, production),
      identity(PEOPLE, { ...production, ...OWN }),
      identity(PEOPLE, {}),
      identity(USERLESS, production),
    ])
    assert.deepEqual([wrong[0], wrong[1]?.ok], [78, false])
    assert.match(wrong[1]?.says ?? '', /OIDC_ISSUER/)
    const sound = { what: 'identity', ok: true }
    assert.deepEqual(own, [0, { ...sound, says: `of ${OWN.OIDC_ISSUER}` }])
    assert.deepEqual(local, [0, { ...sound, says: 'the local provider, of development' }])
    assert.deepEqual(userless, [0, { ...sound, says: 'none: there are no users' }])
  })
})
