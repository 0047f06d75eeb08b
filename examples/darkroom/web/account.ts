/** The one who asks, and how much they store. */
import { signedIn } from 'millrace'
import { type FrontRuntime, principalOf, type WebInstance } from 'millrace/web'
import { z } from 'zod'
import { quotaBytes } from '../contract/limits.ts'
import { storage } from '../data/storage.ts'

const account = z.object({
  account: z.uuid(),
  name: z.string(),
  email: z.string().nullable(),
  storage: z.object({
    usedBytes: z.int().meta({ description: 'Of all originals, deleted ones included until they are purged.' }),
    deletedBytes: z.int().meta({ description: 'The part of it that was deleted: free when it is deleted for good.' }),
    quotaBytes: z.int(),
  }),
})

export function accountRoutes(web: WebInstance, { db }: FrontRuntime): void {
  web.get(
    '/api/account',
    {
      config: { access: signedIn },
      schema: { summary: 'Who asks, and how much they store.', response: { 200: account } },
    },
    async (request) => {
      const { account, name, email } = principalOf(request)
      const kept = storage(db)
      const [usedBytes, deletedBytes] = [await kept.usedBytes(account), await kept.deletedBytes(account)]
      return { account, name, email, storage: { usedBytes, deletedBytes, quotaBytes: quotaBytes() } }
    },
  )
}
