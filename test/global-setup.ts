/** One PostgreSQL server for a whole test run: each test gets a database of its own on it. */
import { startTestServer } from '../src/testing/test-server.ts'

let server: Awaited<ReturnType<typeof startTestServer>> | undefined

export async function globalSetup(): Promise<void> {
  server = await startTestServer()
  process.env['MILLRACE_TEST_URL'] = server.url
}

export async function globalTeardown(): Promise<void> {
  await server?.stop()
}
