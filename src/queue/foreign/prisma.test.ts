import { exampleWorks, foreignConformance, type Inside, type Opened, sendReceipt } from './conformance-test-kit.ts'
import { openPrisma, type PrismaLike, type PrismaTransactionLike } from './prisma-test-kit.ts'

function inside(tx: PrismaTransactionLike): Inside {
  return {
    tx,
    insertOrder: (id) => tx.order.create({ data: { id } }),
    run: (text) => tx.$executeRawUnsafe(text),
    nested: (work) => tx.$transaction((inner) => work(inside(inner))),
  }
}

async function open(url: string): Promise<Opened> {
  const prisma: PrismaLike = await openPrisma(url)
  return {
    notOpen: { 'the client': prisma },
    transaction: (work) => prisma.$transaction((tx) => work(inside(tx))),
    [Symbol.asyncDispose]: () => prisma.$disconnect(),
  }
}

foreignConformance('Prisma', open, { tellEnded: true })

exampleWorks('Prisma', async (url, submit, orderId) => {
  const prisma = await openPrisma(url)
  // example
  await prisma.$transaction(async (tx) => {
    await tx.order.create({ data: { id: orderId } })
    await submit(sendReceipt, { orderId }, { tx })
  })
  // end of example
  await prisma.$disconnect()
})
