/**
 * What a whole test run shares: one PostgreSQL server, on which each test gets a database of its own, and Darkroom's pages
 * as a browser gets them.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { startTestServer } from '../src/testing/test-server.ts'

let server: Awaited<ReturnType<typeof startTestServer>> | undefined

export async function globalSetup(): Promise<void> {
  spawnSync(process.execPath, [fileURLToPath(import.meta.resolve('../scripts/prepare.mjs'))], { stdio: 'inherit' })
  server = await startTestServer()
  process.env['MILLRACE_TEST_URL'] = server.url
}

export async function globalTeardown(): Promise<void> {
  await server?.stop()
}
