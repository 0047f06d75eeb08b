/**
 * For tests: an owner of a home, in a process of its own that can be killed. `node fixture-owner.ts <home>` starts the
 * server, says `{"pid","url"}` on one line and stays; SIGTERM stops the server. What goes wrong is said as `{"code"}`.
 */
import { systemClock } from '../../kernel/clock.ts'
import { isMillraceError } from '../../kernel/errors.ts'
import { silentLog } from '../../kernel/log.ts'
import { embeddedPostgres } from './embedded-postgres.ts'

const [, , home = ''] = process.argv
const postgres = embeddedPostgres({ home, log: silentLog(), clock: systemClock })
const say = (facts: object) => process.stdout.write(`${JSON.stringify(facts)}\n`)

process.once('SIGTERM', () => {
  postgres.stop({ drainMs: 5_000 }).catch((error: unknown) => say({ code: 'STOP_FAILED', message: String(error) }))
})

try {
  await postgres.start(AbortSignal.timeout(30_000))
  say({ pid: postgres.pid, url: postgres.url, uid: process.getuid?.() })
} catch (thrown) {
  say({ code: isMillraceError(thrown) ? thrown.code : 'NONE', message: String(thrown) })
}
