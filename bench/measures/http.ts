/** HTTP intake: POST → stored → 202, from 50 connections. The peers behind a plain Fastify, Millrace as `millrace web`. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { endProcess, outputOf, startContestant } from '../contestants/process.ts'
import { CLI } from '../millrace-inside.ts'
import { openSession, openStore } from '../session.ts'
import { CONNECTIONS, drive } from './load.ts'
import type { Trial } from './measure.ts'

const APP = fileURLToPath(new URL('../contestants/millrace-intake/app.ts', import.meta.url))
const READY_MS_MAX = 20_000

export async function http(trial: Trial): Promise<void> {
  if (trial.contestant.name === 'millrace') return millraceWeb(trial)
  await using session = await openSession(trial.servers, trial.contestant)
  const { url } = await session.process.listen()
  trial.found('http', await intake(trial, `${url}/jobs`, () => session.process.left()))
}

async function millraceWeb(trial: Trial): Promise<void> {
  await using store = await openStore(trial.servers, trial.contestant)
  // it makes the schema, and counts what is stored
  await using observer = await startContestant(trial.contestant.module, store.url)
  await using web = await startWeb(store.url)
  trial.found('http', await intake(trial, `${web.url}/jobs`, () => observer.left()))
  await store.settle()
  trial.found('httpTracked', await intake(trial, `${web.url}/operations`, () => observer.left()))
}

/** @throws when the store does not hold what was answered with 202. */
async function intake({ sizes, signal }: Trial, url: string, left: () => Promise<number>): Promise<number> {
  if (sizes.httpWarmUpMs > 0) await drive(url, sizes.httpWarmUpMs, signal)
  const before = await left()
  const { count, perSecond } = await drive(url, sizes.httpMs, signal)
  const stored = (await left()) - before
  // requests under way when the time was up are stored, but nobody waits for their answers: here, and in the warm-up
  if (stored < count || stored > count + 2 * CONNECTIONS)
    throw new Error(`${count} requests were answered with 202, but ${stored} jobs are stored`)
  return perSecond
}

async function startWeb(databaseUrl: string): Promise<AsyncDisposable & { readonly url: string }> {
  const child = fork(CLI, ['web', APP], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, DATABASE_URL: databaseUrl, MILLRACE_ENV: 'test', HOST: '127.0.0.1', PORT: '0' },
  })
  const output = outputOf(child)
  try {
    const [message] = await once(child, 'message', { signal: AbortSignal.timeout(READY_MS_MAX) })
    const { address } = message as { readonly address?: string }
    if (address === undefined) throw new Error('it told no address')
    return { url: address, [Symbol.asyncDispose]: () => endProcess(child) }
  } catch (error) {
    await endProcess(child)
    throw new Error(`\`millrace web\` did not start:\n${output()}`, { cause: error })
  }
}
