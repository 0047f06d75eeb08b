/** Cancels a job whose photo or import goes. */
import type { Database } from 'millrace/data'
import { cancelOperation } from 'millrace/queue'

/** What ended so long ago that it was forgotten needs no cancelling. */
export async function cancelIfKnown(db: Database, operation: string): Promise<void> {
  await cancelOperation(db, operation).catch((thrown: unknown) => {
    const isForgotten =
      thrown instanceof Error && 'code' in thrown && thrown.code === 'MILLRACE_QUEUE_OPERATION_UNKNOWN'
    if (!isForgotten) throw thrown
  })
}
