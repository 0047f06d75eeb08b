/** Where large inputs lie. The queue knows no more of blobs than this. */
export interface PayloadStore {
  /** Durable when it resolves. */
  put(name: string, content: Buffer): Promise<void>
  /** The content, its first `bytesMax` bytes at most, or undefined when there is none. Fails when `signal` fires. */
  find(name: string, options: { readonly bytesMax: number; readonly signal: AbortSignal }): Promise<Buffer | undefined>
  /** Absent already is fine. */
  delete(name: string): Promise<void>
  /** The inputs of all of this database's jobs, in no order. */
  list(): AsyncIterable<{ readonly name: string; readonly modifiedAt: Date }>
}

/** The name of an input: it says whose it is, so that nobody can make one job read the input of another. */
export function payloadName(jobId: string, word: string): string {
  return `${jobId}-${word}`
}

const ID_CHARS = 36

/** The id of the job that the input belongs to. */
export function jobOf(name: string): string {
  return name.slice(0, ID_CHARS)
}
