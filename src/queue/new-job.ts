/** A job that has been checked and only needs to be written. */
export interface NewJob {
  readonly lane: number
  readonly id: string
  readonly task: string
  readonly isTracked: boolean
  /** JSON text. */
  readonly payload: string
  readonly headers: string | null
  readonly delayMs: number | null
  readonly key: string | null
  readonly keyMs: number
}
