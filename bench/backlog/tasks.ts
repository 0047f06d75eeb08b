/** The tasks whose queues are full. */
import { queue, task } from 'millrace'
import { z } from 'zod'

export const plain = task('plain', { input: z.object({ i: z.number() }) })

/** One job of a key at a time. */
export const keyed = task('keyed', {
  input: z.object({ i: z.number(), key: z.string() }),
  queue: queue('keyed', { perKey: { concurrency: 1 } }),
  key: ({ key }) => key,
})

/** Tenants take turns. */
export const shared = task('shared', {
  input: z.object({ i: z.number(), tenant: z.string() }),
  queue: queue('shared', { isFair: true }),
  tenant: ({ tenant }) => tenant,
})

export const TASKS = [plain, keyed, shared]
