/** What comes in with dependencies, and what goes out with a release. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'

const root = dirname(import.meta.dirname)
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

interface Locked {
  readonly version?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly hasInstallScript?: boolean
}
interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly allowScripts?: Readonly<Record<string, boolean>>
}

const FOLDERS = ['.', 'bench']
const manifestOf = (folder: string): Manifest => JSON.parse(read(join(folder, 'package.json')))
/** The packages of a lockfile that come from elsewhere. */
const lockedIn = (folder: string): readonly (readonly [path: string, locked: Locked])[] =>
  Object.entries<Locked>(JSON.parse(read(join(folder, 'package-lock.json'))).packages).filter(
    ([path, { link }]) => path.includes('node_modules/') && link !== true,
  )
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

describe('the supply chain', () => {
  for (const folder of FOLDERS) {
    test(`L1: every package of ${folder} has the hash of what was tested`, () => {
      const locked = lockedIn(folder)
      assert.ok(locked.length > 100)
      assert.deepEqual(
        locked.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? '')),
        [],
      )
    })

    test(`L2: every install script in ${folder} is one that somebody has allowed or refused`, () => {
      const judged = Object.keys(manifestOf(folder).allowScripts ?? {})
      const withScripts = lockedIn(folder).filter(([, { hasInstallScript }]) => hasInstallScript === true)
      assert.deepEqual(
        withScripts.map(([path]) => nameOf(path)).filter((name) => !judged.includes(name)),
        [],
      )
    })
  }

  test('L3: npm takes no version that is younger than a week, and none that is no release', () => {
    const settings = new Map(
      read('.npmrc')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => line.split('=') as [string, string]),
    )
    assert.ok(Number(settings.get('min-release-age')) >= 7)
    assert.equal(settings.get('allow-git'), 'none')
    const sources = FOLDERS.flatMap((folder) => Object.values(manifestOf(folder).dependencies))
    assert.deepEqual(
      sources.filter((source) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(source)),
      [],
    )
  })
})
