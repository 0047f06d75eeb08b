/**
 * npm runs this after `npm ci` and `npm install` in the repository (never where the package is installed): Darkroom's
 * pages are built now, so that `npm start` need not. A failure is told and left for `npm start`: it must not undo an
 * installation that went well.
 */
import { buildPagesIfStale } from './pages.mjs'

const failure = buildPagesIfStale()
if (failure !== undefined) console.warn(`millrace: ${failure}`)
