/**
 * Finds leases that the database gave us and we never heard of: the claim committed, its answer was lost. Nobody else
 * would: the worker lives, so nothing of it is rescued, and the jobs would wait for ever.
 */
import type { Queryable } from '../data/transaction.ts'
import type { Clock } from '../kernel/clock.ts'
import { listLeases, returnLeases } from '../queue/workers.ts'

export interface LeaseAuditParts {
  readonly db: Queryable
  readonly clock: Clock
  /** The worker's present id. */
  readonly worker: () => string
  /** Whether the process knows a lease. */
  readonly isKnown: (lease: string) => boolean
}

export class LeaseAudit {
  readonly #parts: LeaseAuditParts
  #unknownSince = new Map<string, number>()

  constructor(parts: LeaseAuditParts) {
    this.#parts = parts
  }

  /**
   * Looks once, and gives back what has been unknown for longer than any claim can take to answer. Answers how many jobs
   * went back.
   */
  async look(patienceMs: number): Promise<number> {
    const { db, clock, worker, isKnown } = this.#parts
    const id = worker()
    const leases = await listLeases(db, id)
    const now = clock.monotonic()
    const unknown = leases.filter((lease) => !isKnown(lease))
    this.#unknownSince = new Map(unknown.map((lease) => [lease, this.#unknownSince.get(lease) ?? now]))
    const lost = unknown.filter((lease) => now - (this.#unknownSince.get(lease) ?? now) >= patienceMs)
    return lost.length === 0 ? 0 : returnLeases(db, id, lost)
  }
}
