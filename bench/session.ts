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

export interface Session extends Store {
  readonly process: ContestantProcess
}

/** Opens a session. Its process and its database go away with it. */
export async function openSession(servers: Servers, contestant: Contestant, part = ''): Promise<Session> {
  await using cleanup = new AsyncDisposableStack()
  const store = await openStore(servers, contestant, part)
  cleanup.use(store)
  const process = cleanup.use(await startContestant(contestant.module, store.url))
  const owned = cleanup.move()
  return { ...store, process, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

export interface Store extends AsyncDisposable {
  readonly url: string
  /** Lets the store write out and look at what was put into it, so that the next measurement does not pay for the last. */
  settle(): Promise<void>
  /** Asks a database; a Redis cannot be asked. */
  query<R extends object>(text: string): Promise<readonly R[]>
}

/** An empty database, or an empty Redis. `part` tells several databases of a contestant apart. */
export async function openStore({ postgres, redis }: Servers, { name, store }: Contestant, part = ''): Promise<Store> {
  if (store === 'redis') {
    if (redis === undefined) throw new Error('there is no Redis in this run')
    await redis.flush()
    const query = async (): Promise<never> => Promise.reject(new Error('a Redis has no SQL'))
    return { url: redis.url, settle: async () => {}, query, [Symbol.asyncDispose]: () => redis.flush() }
  }
  const database = `bench_${name.replaceAll('-', '_')}${part}`
  const url = await postgres.database(database)
  await postgres.settle(database)
  return {
    url,
    settle: () => postgres.settle(database),
    query: (text) => postgres.query(database, text),
    [Symbol.asyncDispose]: () => postgres.drop(database),
  }
}
