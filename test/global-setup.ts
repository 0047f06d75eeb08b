/**
 * What a whole test run shares: one PostgreSQL server, on which each test gets a database of its own, and Darkroom's pages
 * as a browser gets them.
 */
import { startTestServer } from '../src/testing/test-server.ts'

let server: Awaited<ReturnType<typeof startTestServer>> | undefined

export async function globalSetup(): Promise<void> {
  const { buildPagesIfStale } = await import('../scripts/pages.mjs')
  const failure = buildPagesIfStale()
  if (failure !== undefined) throw new Error(failure)
  server = await startTestServer()
  process.env['MILLRACE_TEST_URL'] = server.url
}

export async function globalTeardown(): Promise<void> {
  await server?.stop()
}
