/**
 * A Prisma client for the table `orders`, as Prisma generates it from fixture/prisma/schema.prisma. Its generator is some 200 MB
 * that nobody else needs, so what it made lies beside the schema; with another version of `@prisma/client` make it anew:
 *
 *   cd src/queue/foreign/fixture/prisma
 *   PRISMA_SCHEMA_ENGINE_BINARY=$(which true) npx prisma@7.10.0 generate --schema schema.prisma
 */
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

type PrismaClient = new (options: { readonly adapter: PrismaPg }) => PrismaLike

/** Loaded when it is first asked for. */
const CLIENT = new URL('fixture/prisma/client/client.ts', import.meta.url)

export async function openPrisma(url: string): Promise<PrismaLike> {
  const { PrismaClient: Client } = (await import(CLIENT.href)) as { readonly PrismaClient: PrismaClient }
  return new Client({ adapter: new PrismaPg({ connectionString: url }) })
}
