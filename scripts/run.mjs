/**
 * Runs one of this repository's TypeScript scripts with its own Node, installing the dependencies first when need be.
 *
 *   node scripts/run.mjs scripts/build.ts [arguments …]
 */
import { become } from '../bin/become.mjs'
import { ensureInstalled, node, root } from './install.mjs'

process.chdir(root)
ensureInstalled()
become(node, ['--conditions=millrace-source', ...process.argv.slice(2)])
