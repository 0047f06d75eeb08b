/**
 * `npm start` and `npm run dev`: Darkroom on this machine. Plain JavaScript without dependencies, because on a fresh clone
 * it is the first thing that runs, on whatever Node the machine has.
 *
 *   node scripts/start.mjs [dev] [arguments for millrace …]
 */
import { become } from '../bin/become.mjs'
import { ensureInstalled, fail, node, root } from './install.mjs'
import { buildPagesIfStale } from './pages.mjs'

const [first, ...others] = process.argv.slice(2)
const [command, rest] = first === 'dev' ? ['dev', others] : ['start', process.argv.slice(2)]

process.chdir(root)
ensureInstalled()
if (command === 'start') {
  const failure = buildPagesIfStale() // `dev` serves them from their sources
  if (failure !== undefined) fail(failure)
}
become(node, ['--conditions=millrace-source', 'src/cli/main.ts', command, 'examples/darkroom/app.ts', ...rest])
