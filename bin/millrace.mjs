#!/usr/bin/env node
/**
 * The `millrace` command. Plain JavaScript that Node 20 can run, because an old Node is what may find it first: then it
 * hands over to the Node of the development dependency `node`. The command itself is src/cli/main.ts.
 */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { become } from './become.mjs'

const NODE_MAJOR_MIN = 24
const SOURCE_CONDITION = '--conditions=millrace-source'

const here = dirname(fileURLToPath(import.meta.url))
const source = join(here, '..', 'src', 'cli', 'main.ts')
const built = join(here, '..', 'dist', 'cli', 'main.js')
const inRepository = existsSync(source)
const args = process.argv.slice(2)

if (major(process.versions.node) < NODE_MAJOR_MIN) {
  const node = findNode([process.cwd(), here])
  if (node === undefined) {
    console.error(
      `millrace: Node ${NODE_MAJOR_MIN} or newer is needed, this is ${process.versions.node}: ` +
        'run `npm install --save-dev node@26` in your project, or install a newer Node from https://nodejs.org.',
    )
    process.exit(1)
  }
  become(node, inRepository ? [SOURCE_CONDITION, source, ...args] : [built, ...args])
} else if (inRepository) {
  become(process.execPath, [SOURCE_CONDITION, ...process.execArgv, source, ...args])
} else {
  await import(built)
}

/** The binary of the npm package `node`, from these folders upwards; undefined when none is new enough. */
function findNode(folders) {
  for (const folder of folders.flatMap(withParents)) {
    const home = join(folder, 'node_modules', 'node')
    const binary = join(home, 'bin', 'node')
    if (existsSync(binary) && major(versionOf(home)) >= NODE_MAJOR_MIN) return binary
  }
  return undefined
}

function withParents(folder) {
  return dirname(folder) === folder ? [folder] : [folder, ...withParents(dirname(folder))]
}

function versionOf(home) {
  return JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')).version
}

function major(version) {
  return Number.parseInt(version, 10)
}
