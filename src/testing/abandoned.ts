/** Removes what killed test processes left behind: databases on a server that outlives them, and folders of blobs. */
import { readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { sql } from '../data/sql.ts'
import { isAbandoned } from './owned-names.ts'

const listDatabases = sql(import.meta.url, 'sql/list-test-databases.sql')

/** Looks once, on the server and in the temporary folder. Several processes may do so at a time. */
export async function removeAbandoned(serverUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>(listDatabases.text)
    for (const { name } of rows.filter((row) => isAbandoned(row.name)))
      await client.query(`drop database if exists ${name} with (force)`)
  } finally {
    await client.end()
  }
  const folders = (await readdir(tmpdir())).filter(isAbandoned)
  for (const folder of folders) await rm(join(tmpdir(), folder), { recursive: true, force: true })
}
