/**
 * Makes sure that node_modules holds what package-lock.json says, so that every npm script of this repository runs on a
 * fresh clone. Plain JavaScript without dependencies: the machine's own Node, 20 or newer, is all there is at that point.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The Node that runs TypeScript: it comes with the development dependency `node`. */
export const node = join(root, 'node_modules', 'node', 'bin', 'node')

const NODE_MAJOR_MIN = 20

// Where Node keeps what it has compiled, the types stripped: every process of ours loads hundreds of files, and a test run
// starts hundreds of processes.
process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules', '.cache', 'compiled')

/** Installs from the lockfile unless that is done already. Ends the process with a sentence when it cannot. */
export function ensureInstalled() {
  if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR_MIN) {
    fail(
      `Node ${NODE_MAJOR_MIN} or newer is needed to begin with, this is ${process.versions.node}: see https://nodejs.org.`,
    )
  }
  if (isInstalled(root)) return
  const first = !existsSync(join(root, 'node_modules'))
  console.log(
    first
      ? 'Installing dependencies from the lockfile (first start, about half a minute) …'
      : 'Installing dependencies again, because node_modules is not what the lockfile says (about half a minute) …',
  )
  installFromLockfile()
  if (!existsSync(node)) {
    fail(
      'npm installed the package `node` without its program: run `npm rebuild node`, which needs install scripts allowed.',
    )
  }
}

/**
 * True when every package of the lockfile is installed in its version. npm writes what it installed to
 * node_modules/.package-lock.json, last of all, so an interrupted installation counts as none.
 *
 * @param {string} folder
 */
export function isInstalled(folder) {
  const installedPath = join(folder, 'node_modules', '.package-lock.json')
  if (!existsSync(installedPath) || !existsSync(join(folder, 'node_modules', 'node', 'bin', 'node'))) return false
  const installed = packagesOf(installedPath)
  return Object.entries(packagesOf(join(folder, 'package-lock.json'))).every(([path, wanted]) => {
    if (!path.startsWith('node_modules/')) return true // the repository itself and its workspaces
    const found = installed[path]
    if (found === undefined) return wanted.optional === true // made for another platform
    return found.version === wanted.version && found.integrity === wanted.integrity
  })
}

function packagesOf(lockfile) {
  return JSON.parse(readFileSync(lockfile, 'utf8')).packages
}

function installFromLockfile() {
  // `npm start` puts node_modules/.bin first into PATH; npm must not run on the Node that it is about to replace.
  const PATH = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.startsWith(join(root, 'node_modules')))
    .join(delimiter)
  const npm = spawnSync('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], {
    cwd: root,
    env: { ...process.env, PATH },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (npm.error?.code === 'ENOENT') fail('npm is missing: install Node together with npm from https://nodejs.org.')
  if (npm.error) fail(`npm cannot be run (${npm.error.message}).`)
  if (npm.status === 0) return
  process.stderr.write(npm.stdout + npm.stderr)
  fail('`npm ci` failed, see above. Is the network there, and does package-lock.json belong to package.json?')
}

/** Ends the process with one sentence. */
export function fail(sentence) {
  console.error(`millrace: ${sentence}`)
  process.exit(1)
}
