/** A Prisma client for the table `orders`, generated when it is first asked for: nothing of it is in the repository. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { PrismaPg } from '@prisma/adapter-pg'
import type { PrismaTransaction } from './prisma.ts'

/** As much of the generated types as the tests use. */
export interface PrismaTransactionLike extends PrismaTransaction {
  readonly order: { create(request: { readonly data: { readonly id: string } }): Promise<unknown> }
  $executeRawUnsafe(text: string): Promise<number>
  $transaction<T>(work: (tx: PrismaTransactionLike) => Promise<T>): Promise<T>
}
export interface PrismaLike {
  $connect(): Promise<void>
  $disconnect(): Promise<void>
  $transaction<T>(work: (tx: PrismaTransactionLike) => Promise<T>): Promise<T>
}

const SCHEMA = `
generator client {
  provider               = "prisma-client"
  output                 = "./client"
  runtime                = "nodejs"
  moduleFormat           = "esm"
  importFileExtension    = "ts"
  generatedFileExtension = "ts"
}
datasource db {
  provider = "postgresql"
}
model Order {
  id String @id
  @@map("orders")
}
`

type PrismaClient = new (options: { readonly adapter: PrismaPg }) => PrismaLike

let generated: Promise<PrismaClient> | undefined

export async function openPrisma(url: string): Promise<PrismaLike> {
  generated ??= generate()
  const Client = await generated
  return new Client({ adapter: new PrismaPg({ connectionString: url }) })
}

/** Generates the client into a temporary folder from which its imports are found, and imports it. */
async function generate(): Promise<PrismaClient> {
  const home = await mkdtemp(join(tmpdir(), 'millrace-prisma-'))
  after(() => rm(home, { recursive: true, force: true }))
  const manifest = createRequire(import.meta.url).resolve('prisma/package.json')
  await symlink(dirname(dirname(manifest)), join(home, 'node_modules'), 'dir')
  await writeFile(join(home, 'package.json'), '{"type":"module"}')
  await writeFile(join(home, 'schema.prisma'), SCHEMA)
  const cli = join(dirname(manifest), 'build', 'index.js')
  const env = {
    ...process.env,
    CHECKPOINT_DISABLE: '1',
    // generating asks nothing of it, but would download it: any program will do
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
  }
  await promisify(execFile)(process.execPath, [cli, 'generate', '--schema', 'schema.prisma'], { cwd: home, env })
  const made = (await import(pathToFileURL(join(home, 'client', 'client.ts')).href)) as { PrismaClient: PrismaClient }
  return made.PrismaClient
}
