/** The examples of docs/identity.md. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anyone, type Granted, guard, role, signedIn, task } from 'millrace'
import { defineApp } from 'millrace/app'
import { testApp } from 'millrace/testing'
import { front, principalOf } from 'millrace/web'
import { handler, handlers } from 'millrace/worker'
import { z } from 'zod'

// example: task
const empty = task('trash.empty', { input: z.object({}), tracked: true, access: role('editor') })
// end of example

// example: guard
interface Note {
  readonly id: string
  readonly author: string
  readonly text: string
}

const noteGuard = guard('note', {
  see: (_note: Note, who) => who !== undefined,
  edit: (note, who) => note.author === who?.account,
})

async function edit(note: Granted<Note, 'edit'>, text: string): Promise<void> {
  notes.set(note.id, { ...note, text })
}
// end of example

const notes = new Map<string, Note>()
let emptied = ''

const web = async () => ({
  // example: routes
  default: front((web, { submit }) => {
    web.get('/about', { config: { access: anyone } }, async () => ({ is: 'a notebook' }))

    const body = z.object({ text: z.string() })
    web.put('/notes/:id', { config: { access: signedIn }, schema: { body } }, async (request, reply) => {
      const { id } = z.object({ id: z.string() }).parse(request.params)
      const note = noteGuard.take('edit', principalOf(request), notes.get(id))
      await edit(note, request.body.text)
      return reply.code(204).send()
    })

    web.post('/trash/empty', { config: { access: role('editor') } }, async (_request, reply) =>
      reply.accepted(await submit(empty, {})),
    )
  }),
  // end of example
})
const worker = async () => ({
  default: handlers([
    {
      task: empty,
      load: async () => ({
        default: handler(empty, async ({ actor }) => {
          emptied = actor?.name ?? ''
        }),
      }),
    },
  ]),
})

// example: app
const app = defineApp({
  name: 'notebook',
  identity: {
    roles: ['editor'],
    localUsers: [
      { id: 'ada', name: 'Ada', email: 'ada@example.org', roles: ['editor'] },
      { id: 'grace', name: 'Grace', email: 'grace@example.org' },
    ],
  },
  tasks: [empty],
  web,
  worker,
})
// end of example

test('each may do what they may, and their jobs run in their name', async () => {
  // example: test
  await using t = await testApp(app)
  const [ada, grace] = [await t.signIn('ada'), await t.signIn('grace')]

  const refused = await t.request({ method: 'POST', url: '/trash/empty', headers: grace.headers })
  assert.equal(refused.statusCode, 403)

  await t.request({ method: 'POST', url: '/trash/empty', headers: ada.headers })
  await t.untilIdle()
  // end of example
  assert.equal(emptied, 'Ada')
  assert.equal((await t.request('/about')).statusCode, 200)

  notes.set('1', { id: '1', author: ada.principal.account, text: 'first' })
  const put = async (who: typeof ada, id: string): Promise<number> =>
    (await t.request({ method: 'PUT', url: `/notes/${id}`, headers: who.headers, payload: { text: 'x' } })).statusCode
  assert.deepEqual([await put(ada, '1'), await put(grace, '1'), await put(grace, '2')], [204, 403, 404])
})

test('who is not known may do nothing of it, and nobody unknown is signed in', async () => {
  await using t = await testApp(app)
  assert.equal((await t.request({ method: 'POST', url: '/trash/empty' })).statusCode, 401)
  await assert.rejects(t.signIn('nobody'), { code: 'MILLRACE_IDENTITY_LOCAL_USER_UNKNOWN' })
})
