import { type ForeignLibrary, hasMethods, member, rowsOf, type Send } from './library.ts'

/** What Prisma hands to `prisma.$transaction(async (tx) => …)`. Transactions given as a list of queries cannot be joined. */
export interface PrismaTransaction {
  $queryRawUnsafe(query: string, ...values: unknown[]): PromiseLike<unknown>
  readonly $connect?: never
}

/** Told apart by what Prisma takes away inside a transaction: connecting. */
export const prismaLibrary: ForeignLibrary = {
  name: 'Prisma',
  sendOver(tx): Send | 'not-open' | undefined {
    if (!hasMethods(tx, '$queryRawUnsafe')) return undefined
    if (member(tx, '$connect') !== undefined) return 'not-open'
    const client = tx as PrismaTransaction
    return async (text, values) => rowsOf(await client.$queryRawUnsafe(text, ...values))
  },
}
