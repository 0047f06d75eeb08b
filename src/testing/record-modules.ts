/**
 * Loaded with `--import`: writes the URL of every module that this process loads into MILLRACE_RECORD_MODULES/<role>.<pid>,
 * the role being the command that it runs. For tests of what a process must not load.
 */
import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'

const folder = process.env['MILLRACE_RECORD_MODULES']
const role = isMainThread ? (process.argv[2] ?? 'cell') : 'thread'

if (folder !== undefined) {
  const file = join(folder, `${role.replace(/[^a-z]/g, '-')}.${process.pid}`)
  registerHooks({
    load(url, context, next) {
      appendFileSync(file, `${url}\n`)
      return next(url, context)
    },
  })
}
