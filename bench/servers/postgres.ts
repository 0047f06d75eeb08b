/** The PostgreSQL of a run: Millrace's embedded server, with the settings that users get, and a new database per session. */
import { setTimeout } from 'node:timers/promises'
import pg from 'pg'
import { embeddedPostgres, silentLog, systemClock } from '../millrace-inside.ts'

export interface PostgresServer extends AsyncDisposable {
  readonly version: string
  /** Milliseconds of one small commit, the median of some hundred: what the disk makes of a durable write. */
  readonly commitMs: number
  /** Milliseconds of a statement that does nothing, after a pause: what it costs to wake this server and us, twice in a job. */
  readonly roundTripMs: number
  /** Makes an empty database and answers its URL. One of that name that was there goes first. */
  database(name: string): Promise<string>
  drop(name: string): Promise<void>
  /** One statement in a database, on a connection of its own. */
  query<R extends object>(name: string, text: string): Promise<readonly R[]>
  /** Writes out what is dirty and looks at what is new in this database, so that nobody pays for what came before. */
  settle(name: string): Promise<void>
  /** Keeps autovacuum from running until disposed of: what it writes, and when, is chance. */
  pauseAutovacuum(): Promise<AsyncDisposable>
}

const START_MS_MAX = 60_000
const STOP_MS = 10_000
const SAMPLE_COUNT = 300
const IDLE_MS = 5

/** Starts the server with its data in `home`. @throws when it would not keep what it acknowledges. */
export async function startPostgres(home: string): Promise<PostgresServer> {
  const server = embeddedPostgres({ home, log: silentLog(), clock: systemClock })
  await server.start(AbortSignal.timeout(START_MS_MAX))
  const urlOf = (name: string): string => Object.assign(new URL(server.url), { pathname: `/${name}` }).href
  const onServer = <R extends object>(text: string, url = server.url): Promise<readonly R[]> => query<R>(url, text)
  try {
    const [facts] = await onServer<Record<'version' | 'fsync' | 'commit', string>>(
      `select current_setting('server_version') as version, current_setting('fsync') as fsync,
              current_setting('synchronous_commit') as commit`,
    )
    if (facts?.fsync !== 'on' || facts.commit !== 'on') throw new Error('PostgreSQL is not set to be durable')
    return {
      version: facts.version.split(' ')[0] ?? '',
      commitMs: await medianCommitMs(server.url),
      roundTripMs: await medianRoundTripMs(server.url),
      async database(name) {
        await onServer(`drop database if exists ${name} with (force)`)
        await onServer(`create database ${name}`)
        return urlOf(name)
      },
      async drop(name) {
        await onServer(`drop database if exists ${name} with (force)`)
      },
      query: (name, text) => query(urlOf(name), text),
      async settle(name) {
        // a peer may be rebuilding an index, which waits for the snapshot that is held: not for us to wait for
        await onServer('vacuum (skip_locked, analyze)', urlOf(name))
        await onServer('checkpoint')
      },
      async pauseAutovacuum() {
        const set = async (change: string): Promise<void> => {
          await onServer(`alter system ${change}`)
          await onServer('select pg_reload_conf()')
        }
        await set('set autovacuum = off')
        return { [Symbol.asyncDispose]: () => set('reset autovacuum') }
      },
      [Symbol.asyncDispose]: () => server.stop({ drainMs: STOP_MS }),
    }
  } catch (error) {
    await server.stop({ drainMs: 0 })
    throw error
  }
}

async function query<R extends object>(url: string, text: string): Promise<readonly R[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<R>(text)).rows
  } finally {
    await client.end()
  }
}

async function medianCommitMs(url: string): Promise<number> {
  return medianMs(url, 0, async (client) => {
    await client.query('create table commit_time (i integer)')
    return async (i) => void (await client.query('insert into commit_time values ($1)', [i]))
  })
}

async function medianRoundTripMs(url: string): Promise<number> {
  return medianMs(url, IDLE_MS, async (client) => async () => void (await client.query('select 1')))
}

/** The median time of what `prepare` makes, with a pause before each. */
async function medianMs(
  url: string,
  pauseMs: number,
  prepare: (client: pg.Client) => Promise<(n: number) => Promise<void>>,
): Promise<number> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const times: number[] = []
  try {
    const run = await prepare(client)
    for (let n = 0; n < SAMPLE_COUNT; n += 1) {
      if (pauseMs > 0) await setTimeout(pauseMs)
      const began = performance.now()
      await run(n)
      times.push(performance.now() - began)
    }
    await client.query('drop table if exists commit_time')
  } finally {
    await client.end()
  }
  return times.sort((a, b) => a - b)[SAMPLE_COUNT / 2] ?? 0
}
