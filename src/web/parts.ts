/** What the pieces of a web server share. */
import type { Contract } from '../contract/contract.ts'
import type { Database } from '../data/database.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Log } from '../kernel/log.ts'
import type { Actors } from '../queue/actors.ts'
import type { Hints } from '../queue/hints.ts'
import type { Deadlines } from './deadlines.ts'
import type { WebLimits } from './limits.ts'
import type { WebIdentity } from './web-identity.ts'

export interface WebParts {
  readonly contract: Contract
  readonly db: Database
  readonly hints: Hints
  readonly log: Log
  readonly clock: Clock
  readonly limits: WebLimits
  readonly deadlines: Deadlines
  readonly release: string
  /** Undefined: the application knows no users. */
  readonly identity: WebIdentity | undefined
  readonly actors: Actors
  /** Fires when the server begins to drain. */
  readonly draining: AbortSignal
  /** Throws, with the reason, while the instance cannot serve. */
  readonly isReady: () => Promise<void>
}
