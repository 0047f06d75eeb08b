/** What the benchmark asks of a job system. Each contestant is a module whose `open` answers one. */

/** What every job carries. */
export interface Payload {
  /** Which job it is: the sum over all jobs shows that each ran once. */
  readonly i: number
}

/**
 * Every system has plain jobs. `tracked`: with an operation that clients may ask about. `deferred`: submitted with a delay that
 * is over at once. `governed`: one job of a key at a time, tenants by turns.
 */
export type JobKind = 'plain' | 'tracked' | 'deferred' | 'governed'

/** Called for each job. What it promises is waited for: the job runs as long. */
export type OnJob = (payload: Payload) => void | Promise<void>

export interface System {
  /** Submits jobs with `i` from `first` on, in bulk, durable when it resolves (BullMQ: in Redis's memory). */
  submitMany(first: number, count: number, kind?: JobKind): Promise<void>
  /** Submits one job. Answers its id. */
  submit(payload: Payload): Promise<string>
  /** Starts one worker at this setting, which calls `onJob` for each job. Answers how to stop it. */
  work(setting: string, onJob: OnJob): Promise<() => Promise<void>>
  /**
   * The same with handlers that write `i` into the table `public.written`, in the transaction that completes their job. Absent: it
   * cannot be done.
   */
  workTransactional?(setting: string, onJob: OnJob): Promise<() => Promise<void>>
  /** Jobs that were submitted and are not completed: 0 when every completion is in the store. */
  left(): Promise<number>
  close(): Promise<void>
}

/** @param url of a database (or Redis) of its own, empty. */
export type OpenSystem = (url: string) => Promise<System>
