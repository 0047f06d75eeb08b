/** Format, lint and types hold, so that `npm test` alone tells whether a change is fit to commit. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { describe, test } from 'node:test'
import { STATIC_CHECKS } from '../scripts/check.ts'

describe('the code is fit to commit', () => {
  for (const { name, args, remedy } of STATIC_CHECKS) {
    test(name, () => {
      const run = spawnSync(process.execPath, args, { cwd: dirname(import.meta.dirname), encoding: 'utf8' })
      assert.equal(run.status, 0, `${run.stdout}${run.stderr}\n${remedy}`)
    })
  }
})
