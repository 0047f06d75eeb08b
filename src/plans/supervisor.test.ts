import { strict as assert } from 'node:assert'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { freePort } from '../kernel/free-port.ts'
import { isReady, killQuietly, launchApp, type StartedApp, startApp } from '../testing/started-app.ts'
import { until } from '../testing/until.ts'

const APP = fileURLToPath(new URL('fixture/app.ts', import.meta.url))

async function ask(app: StartedApp, name: string, ms = 0): Promise<void> {
  const answer = await fetch(`${app.url}/records`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, ms }),
  })
  assert.equal(answer.status, 202, await answer.text())
}

async function counts(app: StartedApp): Promise<{ readonly asked: number; readonly recorded: number }> {
  return (await (await fetch(`${app.url}/records`, { signal: AbortSignal.timeout(5_000) })).json()) as {
    asked: number
    recorded: number
  }
}

const allDone = (app: StartedApp, asked: number): Promise<unknown> =>
  until(
    `${asked} records are done`,
    async () => {
      const now = await counts(app).catch(() => undefined)
      return now?.asked === asked && now.recorded >= asked
    },
    60_000,
  )

async function nothingRuns(app: StartedApp): Promise<void> {
  await until('nothing is left running', async () => Object.values(await app.processes()).flat().length === 0)
}

describe('millrace start', () => {
  test('runs four programs and says where, in one line; X5: whatever the application’s code sends it', async () => {
    await using app = await startApp(APP)
    const { start, web, worker, postgres } = await app.processes()
    assert.deepEqual([start.length, web.length, worker.length], [1, 1, 1])
    assert.ok(postgres.length >= 1)
    assert.deepEqual(app.output().trim().split('\n'), [
      `fixture is ready at ${app.url}; data in ${app.home}; Ctrl-C stops it`,
    ])
  })

  test('says clearly that its port is taken, and ends', async () => {
    const port = await freePort()
    const other = createServer().listen(port, '127.0.0.1')
    await using app = await launchApp(APP, { port })
    assert.notEqual(await app.exited, 0)
    assert.match(app.output(), new RegExp(`${port}.*in use|taken`, 's'))
    await nothingRuns(app)
    other.close()
  })

  test('reports every wrong setting at once, and ends', async () => {
    await using app = await launchApp(APP, { env: { LEASE_MS: 'soon', LOG_LEVEL: 'loud' } })
    assert.equal(await app.exited, 78)
    assert.match(app.output(), /LOG_LEVEL=loud.*LEASE_MS=soon/s)
  })

  test('stops on Ctrl-C: what runs is finished, nothing is left running, nothing was lost', async () => {
    await using app = await startApp(APP)
    for (let n = 0; n < 20; n++) await ask(app, `before ${n}`, 300)
    process.kill(-(app.child.pid ?? 0), 'SIGINT') // to the whole group, as a terminal does
    assert.equal(await app.exited, 0)
    await nothingRuns(app)
    await using again = await startApp(APP, { home: app.home })
    await allDone(again, 20)
    assert.equal((await counts(again)).recorded, 20, 'each was done once')
  })

  for (const victim of ['web', 'worker', 'postgres'] as const) {
    test(`starts ${victim} again after kill -9, and finishes every job once`, async () => {
      await using app = await startApp(APP)
      for (let n = 0; n < 30; n++) await ask(app, `job ${n}`, 200)
      const [pid = 0] = (await app.processes())[victim]
      killQuietly(pid)
      await until(
        `another ${victim} runs`,
        async () => {
          const now = (await app.processes())[victim]
          return now.length > 0 && now[0] !== pid
        },
        30_000,
      )
      await until('it is ready again', () => isReady(app.url), 30_000)
      await allDone(app, 30)
      assert.equal((await counts(app)).recorded, 30, 'each was done once')
    })
  }

  test('after kill -9 of the supervisor leaves nothing running, and the next start finishes every job once', async () => {
    await using app = await startApp(APP)
    for (let n = 0; n < 30; n++) await ask(app, `job ${n}`, 200)
    app.child.kill('SIGKILL')
    await app.exited
    await nothingRuns(app)
    await using again = await startApp(APP, { home: app.home })
    await allDone(again, 30)
    assert.equal((await counts(again)).recorded, 30, 'each was done once')
  })

  test('after kill -9 of everything the next start finishes every job once', async () => {
    await using app = await startApp(APP)
    for (let n = 0; n < 30; n++) await ask(app, `job ${n}`, 200)
    for (const pid of Object.values(await app.processes()).flat()) killQuietly(pid)
    await app.exited
    await using again = await startApp(APP, { home: app.home })
    await allDone(again, 30)
    assert.equal((await counts(again)).recorded, 30, 'each was done once')
  })
})
