/** A snapshot that is held: a transaction that has looked once and stays open, as a report or a forgotten console does. */
import pg from 'pg'

/** Holds one in the database that `url` names, until disposed of. */
export async function holdSnapshot(url: string): Promise<AsyncDisposable> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('set idle_in_transaction_session_timeout = 0')
  await client.query('begin isolation level repeatable read')
  await client.query('select 1')
  return {
    async [Symbol.asyncDispose]() {
      await client.query('rollback')
      await client.end()
    },
  }
}
