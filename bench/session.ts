/** A session: one contestant in a new process, over an empty store of its own. */
import type { Contestant } from './contestants/contestants.ts'
import { type ContestantProcess, startContestant } from './contestants/process.ts'
import type { PostgresServer } from './servers/postgres.ts'
import type { RedisServer } from './servers/redis.ts'

export interface Servers {
  readonly postgres: PostgresServer
  /** Absent: redis-server is not installed. */
  readonly redis: RedisServer | undefined
}

export interface Session extends AsyncDisposable {
  readonly process: ContestantProcess
  /** Lets the store write out and look at what was put into it, so that the next measurement does not pay for the last. */
  settle(): Promise<void>
}

/** Opens a session. Its process and its database go away with it. */
export async function openSession(servers: Servers, contestant: Contestant): Promise<Session> {
  await using cleanup = new AsyncDisposableStack()
  const store = await openStore(servers, contestant)
  cleanup.use(store)
  const process = cleanup.use(await startContestant(contestant.module, store.url))
  const owned = cleanup.move()
  return { process, settle: store.settle, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

export interface Store extends AsyncDisposable {
  readonly url: string
  settle(): Promise<void>
}

/** An empty database, or an empty Redis. */
export async function openStore({ postgres, redis }: Servers, { name, store }: Contestant): Promise<Store> {
  if (store === 'redis') {
    if (redis === undefined) throw new Error('there is no Redis in this run')
    await redis.flush()
    return { url: redis.url, settle: async () => {}, [Symbol.asyncDispose]: () => redis.flush() }
  }
  const database = `bench_${name.replaceAll('-', '_')}`
  const url = await postgres.database(database)
  await postgres.settle(database)
  return {
    url,
    settle: () => postgres.settle(database),
    [Symbol.asyncDispose]: () => postgres.drop(database),
  }
}
