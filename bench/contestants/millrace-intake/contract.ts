import { task } from 'millrace'
import { z } from 'zod'

const input = z.object({ i: z.number() })

/** Fire and forget: what the peers' jobs are. */
export const noop = task('noop', { input })

/** The same with an operation, which the client may ask about. */
export const trackedNoop = task('noop.tracked', { input, tracked: true })
