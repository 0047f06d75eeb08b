/**
 * Darkroom's pages, built by Vite when they are missing or made of other sources. Compared by content, not by time: a
 * checkout, a copy or a restored backup has whatever times it likes.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { node, root } from './install.mjs'

const darkroom = join(root, 'examples', 'darkroom')
const pages = join(darkroom, 'pages')
const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')

/** What the pages are made of: their own folder, the contract that they share with the web, and the tools' versions. */
const SOURCES = [pages, join(darkroom, 'contract'), join(root, 'package-lock.json')]
/** In dist/, so that whoever empties that folder takes the claim away with it. */
const STAMP = join(pages, 'dist', '.built-from')

/**
 * Builds the pages if need be. Returns a sentence when that failed, else undefined.
 *
 * @returns {string | undefined}
 */
export function buildPagesIfStale() {
  if (!existsSync(join(pages, 'index.html')) || !existsSync(vite) || !existsSync(node)) return undefined
  const sources = fingerprint(SOURCES)
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === sources) return undefined
  console.log("Building Darkroom's pages …")
  const build = spawnSync(node, [vite, 'build', '--logLevel', 'warn'], {
    cwd: pages,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (build.status !== 0) return "Darkroom's pages could not be built, see above."
  writeFileSync(STAMP, sources)
  return undefined
}

function fingerprint(paths) {
  const hash = createHash('sha256')
  for (const file of paths.flatMap(filesUnder).sort()) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0')
  }
  return hash.digest('hex')
}

function filesUnder(path) {
  if (!existsSync(path)) return []
  if (!statSync(path).isDirectory()) return [path]
  const names = readdirSync(path).filter((name) => name !== 'dist' && name !== 'node_modules')
  return names.flatMap((name) => filesUnder(join(path, name)))
}
