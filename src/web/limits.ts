/** The bounds of the web box, with their names and units. Each has a test at and past it, or says why it has none. */

export interface WebLimits {
  /** Bytes of a JSON body. */
  readonly bodyBytesMax: number
  /** Until all headers of a request have arrived: slow senders hold a socket no longer. */
  readonly headersMs: number
  /** Until the body of a request that is no upload has arrived. */
  readonly bodyMs: number
  /** Until a request that is no upload has its answer. */
  readonly requestMs: number
  /** A connection on which nothing moves for so long is closed, whatever it is waiting for. */
  readonly connectionIdleMs: number
  /** Connections of one process. At the bound, one that is idle makes room; when none is, the new one is closed. */
  readonly connectionCountMax: number
  /** Characters of one path parameter. */
  readonly paramCharsMax: number
  /** An upload in which nothing arrives for so long is given up … */
  readonly uploadIdleMs: number
  /** … and so is one that takes longer than this in all. */
  readonly uploadMs: number
  /** The longest wait for an operation that a client may ask for. */
  readonly waitMsMax: number
  /** Requests that wait for operations in one process; further ones get the present state at once. */
  readonly waitCountMax: number
  /** Logins that one client address may begin at once, and as many again in each `loginsMs`; the same for those it ends. */
  readonly loginCountMax: number
  readonly loginsMs: number
  /** Event streams of one process … */
  readonly streamCountMax: number
  /** … and of one client address. */
  readonly streamPerClientCountMax: number
  /** Bytes that may wait for a slow reader of an event stream before it is dropped. */
  readonly streamBufferBytesMax: number
  /** Between two signs of life on an event stream. */
  readonly heartbeatMs: number
  /** An event stream is ended after so long; the client reconnects by itself. */
  readonly streamMs: number
}

export const WEB_LIMITS: WebLimits = Object.freeze({
  bodyBytesMax: 1024 * 1024,
  headersMs: 10_000,
  bodyMs: 30_000,
  requestMs: 60_000,
  connectionIdleMs: 75_000,
  connectionCountMax: 10_000,
  paramCharsMax: 200,
  uploadIdleMs: 30_000,
  uploadMs: 60 * 60_000,
  waitMsMax: 30_000,
  waitCountMax: 1_000,
  loginCountMax: 100, // offices share an address
  loginsMs: 60_000,
  streamCountMax: 1_000,
  streamPerClientCountMax: 50,
  streamBufferBytesMax: 64 * 1024,
  heartbeatMs: 15_000,
  streamMs: 10 * 60_000,
})

/** How long an idle connection is kept for its next request when clients connect directly … */
export const KEEP_ALIVE_MS = 5_000
/** … and when they come through proxies, which keep theirs for 60 s: the server must not be the first to close. */
export const KEEP_ALIVE_BEHIND_PROXY_MS = 65_000
