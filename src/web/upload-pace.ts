/** How an upload comes in: it is given up when it stalls, lasts too long, or has no end of what is no file. */
import type { FastifyRequest } from 'fastify'
import type { Clock, Timer } from '../kernel/clock.ts'
import type { MillraceError } from '../kernel/errors.ts'
import { webErrors } from './errors.ts'
import type { WebLimits } from './limits.ts'

/**
 * Between one file and the next: boundaries and headers. The parser keeps only the beginning of those that are too long, and
 * what has come and is not yet looked at counts as well.
 */
const BETWEEN_BYTES_MAX = 512 * 1024

const stalled = (ms: number): MillraceError => webErrors.MILLRACE_WEB_UPLOAD_STALLED({ ms })
export const padded = (): MillraceError =>
  webErrors.MILLRACE_WEB_UPLOAD_BROKEN({ why: `more than ${BETWEEN_BYTES_MAX} bytes of it are no file` })

/** Watches one upload, from its beginning until `stop`. */
export class UploadPace {
  /** Why it was given up. */
  whyNot: MillraceError | undefined
  readonly #request: FastifyRequest
  readonly #clock: Clock
  readonly #limits: WebLimits
  readonly #end: Timer
  /** Bytes of the body that had come when it began, and when the headers of each of its parts were read. */
  readonly #begun = [0]
  #timer: Timer | undefined
  #bytes = 0
  #received = 0
  #fileCount = 0
  /** Of the last file that was received. */
  #fileBytes = 0

  constructor(request: FastifyRequest, clock: Clock, limits: WebLimits) {
    this.#request = request
    this.#clock = clock
    this.#limits = limits
    request.raw.on('data', this.#count)
    this.#end = clock.after(limits.uploadMs, () => this.#giveUp(stalled(limits.uploadMs)))
    this.#look()
  }

  /** The headers of a part are read. */
  beginPart(): void {
    this.#begun.push(this.#received)
  }

  /** A file is received. */
  endFile(bytes: number): void {
    this.#fileCount += 1
    this.#fileBytes = bytes
  }

  /** Whether too much came between the last file that was received and the headers of the next, or what has come since. */
  get isPadded(): boolean {
    const [from = 0, to = this.#received] = this.#begun.slice(this.#fileCount)
    return to - from - this.#fileBytes > BETWEEN_BYTES_MAX
  }

  stop(): void {
    this.#request.raw.off('data', this.#count)
    this.#timer?.cancel()
    this.#end.cancel()
  }

  readonly #count = ({ length }: Buffer): void => {
    this.#received += length
    const isInFile = this.#begun.length > this.#fileCount + 1
    if (!isInFile && this.isPadded && this.whyNot === undefined) this.#giveUp(padded())
  }

  #look(): void {
    this.#bytes = this.#request.socket.bytesRead
    this.#timer = this.#clock.after(this.#limits.uploadIdleMs, () => {
      // paused because our own disk is slow is not the client's fault
      if (this.#request.socket.bytesRead === this.#bytes && !this.#request.raw.isPaused())
        this.#giveUp(stalled(this.#limits.uploadIdleMs))
      else this.#look()
    })
  }

  #giveUp(why: MillraceError): void {
    this.whyNot ??= why
    // ends the parts, as if the client had gone; the answer still finds the connection open
    this.#request.raw.emit('close')
  }
}
