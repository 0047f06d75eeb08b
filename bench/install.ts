/** The peers are wanted by people who run benchmarks and by nobody else: installed when they are first needed. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = import.meta.dirname
const INSTALLED = join(FOLDER, 'node_modules', '.package-lock.json')

/** Installs the peers from bench's own lockfile unless they are there. @throws with what npm printed */
export function installPeers(say: (line: string) => void): void {
  if (isInstalled()) return
  say("Installing the peers (graphile-worker, pg-boss, BullMQ) from bench's own lockfile into bench/node_modules …")
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: FOLDER, encoding: 'utf8' })
  if (npm.status === 0) return
  const why = npm.error?.message ?? `${npm.stdout}${npm.stderr}`
  throw new Error(`\`npm ci\` in bench/ failed:\n${why}\nIs npm there, and the network?`)
}

/** npm writes what it installed last of all, so an interrupted installation counts as none. */
function isInstalled(): boolean {
  if (!existsSync(INSTALLED)) return false
  const installed = packagesOf(INSTALLED)
  return Object.entries(packagesOf(join(FOLDER, 'package-lock.json'))).every(
    ([path, { version, optional }]) =>
      path === '' || (installed[path]?.version ?? (optional ? version : '')) === version,
  )
}

type Packages = Readonly<Record<string, { readonly version?: string; readonly optional?: boolean }>>

function packagesOf(path: string): Packages {
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly packages: Packages }).packages
}

/** The version of a package as it is installed in bench/. */
export function peerVersion(name: string): string {
  return packagesOf(INSTALLED)[`node_modules/${name}`]?.version ?? 'unknown'
}
