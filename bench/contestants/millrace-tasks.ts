/** The tasks of Millrace's contestant: one for each kind of job. */
import { queue, task } from 'millrace'
import { z } from 'zod'

export { noop, trackedNoop } from './millrace-intake/contract.ts'

const KEYS = 1_000
const TENANTS = 10

/** Rules that touch every table of a governed queue: flows, turns, tenants and the scheduler. */
export const governedNoop = task('noop.governed', {
  input: z.object({ i: z.number() }),
  queue: queue('governed', { isFair: true, perKey: { concurrency: 1 } }),
  key: ({ i }) => `key ${i % KEYS}`,
  tenant: ({ i }) => `tenant ${i % TENANTS}`,
})
