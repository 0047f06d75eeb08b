/** An application with users, in a real server, and browsers for it. */
import { pino } from 'pino'
import { z } from 'zod'
import { defineApp } from '../app/define-app.ts'
import { anyone, role, signedIn } from '../contract/access.ts'
import { type TestApp, testApp } from '../testing/test-app.ts'
import { principalOf, whoIs } from './access.ts'
import { TestBrowser } from './browser-test-kit.ts'
import { type BuildFront, front } from './front.ts'
import { receiveFiles } from './uploads.ts'

export interface TestPeople extends TestApp {
  browser(agent?: string): TestBrowser
}

/** The routes that it has unless others are given. */
export const peoplesRoutes: BuildFront = (web, { blobs }) => {
  web.post(
    '/echo',
    { config: { access: anyone }, schema: { body: z.strictObject({ text: z.string() }) } },
    async (request) => request.body,
  )
  web.post('/files', { config: { access: anyone } }, async (request) => {
    await using received = await receiveFiles(request, { field: 'file', countMax: 3, bytesMax: 1_000, blobs })
    return { count: received.files.length }
  })
  web.get('/open', { config: { access: anyone } }, async (request) => ({
    is: (await whoIs(request))?.principal.name ?? 'nobody',
  }))
  web.get('/mine', { config: { access: signedIn } }, async (request) => ({ is: principalOf(request).name }))
  web.post('/edit', { config: { access: role('editor') } }, async () => ({ is: 'edited' }))
}

/** @param lines what the application logs, line by line. */
export async function openedPeople(
  env: Readonly<Record<string, string>> = {},
  lines: string[] = [],
  build: BuildFront = peoplesRoutes,
): Promise<TestPeople> {
  const app = defineApp({
    name: 'fixture',
    identity: {
      roles: ['editor', 'viewer'],
      claims: ['department'],
      localUsers: [
        {
          id: 'ada',
          name: 'Ada Lovelace',
          email: 'ada@example.org',
          roles: ['editor', 'unheard-of'],
          claims: { department: 'engines' },
        },
        { id: 'grace', name: 'Grace Hopper' },
      ],
    },
    web: async () => ({ default: front(build) }),
  })
  const log = pino({ level: env['LOG_LEVEL'] ?? 'silent' }, { write: (line: string) => void lines.push(line) })
  const t = await testApp(app, { env, log })
  const url = await t.url()
  return { ...t, browser: (agent) => new TestBrowser(url, agent) }
}
