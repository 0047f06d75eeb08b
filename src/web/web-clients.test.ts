/** Clients for the tests of the web box: of event streams, of raw sockets, of problems. No test itself. */
import { strict as assert } from 'node:assert'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect, type Socket } from 'node:net'
import { systemClock } from '../kernel/clock.ts'

const UNTIL_MS = 10_000

/** Waits until `look` answers something, or fails with what was waited for. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const end = systemClock.monotonic() + UNTIL_MS
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (systemClock.monotonic() > end) assert.fail(`${what}: not within ${UNTIL_MS} ms`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

export interface SseEvent {
  readonly event?: string
  readonly id?: string
  readonly data?: unknown
}

/** Reads a stream of server-sent events. */
export class SseReader {
  readonly response: Response
  readonly comments: string[] = []
  readonly retries: number[] = []
  readonly #lines: AsyncIterator<string>

  constructor(response: Response) {
    this.response = response
    this.#lines = linesOf(response)
  }

  /** The next event; undefined when the stream has ended. */
  async next(): Promise<SseEvent | undefined> {
    const fields: Record<string, unknown> = {}
    for (;;) {
      const { value: line, done } = await this.#lines.next()
      if (done) return undefined
      if (line === '' && Object.keys(fields).length > 0) return fields
      if (line.startsWith(':')) this.comments.push(line)
      else if (line.startsWith('retry: ')) this.retries.push(Number(line.slice(7)))
      else if (line.startsWith('data: ')) fields['data'] = JSON.parse(line.slice(6))
      else if (line !== '') fields[line.slice(0, line.indexOf(':'))] = line.slice(line.indexOf(':') + 2)
    }
  }
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of (response.body ?? assert.fail('no body')).pipeThrough(new TextDecoderStream())) {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

/** A connection on which a test says exactly what is sent. */
export class RawClient {
  readonly socket: Socket
  text = ''
  isClosed = false

  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.socket = connect(Number(port), hostname)
    this.socket.on('data', (data) => {
      this.text += data.toString('latin1')
    })
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.isClosed = true
    })
  }

  send(text: string | Uint8Array): void {
    this.socket.write(text)
  }

  async sees(what: string | RegExp): Promise<string> {
    await until(`the answer has ${what}`, () =>
      typeof what === 'string' ? this.text.includes(what) : what.test(this.text),
    )
    const seen = this.text
    this.text = ''
    return seen
  }

  async closed(): Promise<void> {
    await until('the connection is closed', () => this.isClosed)
  }
}

/** Requests whose headers `fetch` would not let through. */
export function rawRequest(
  url: string,
  options: {
    readonly method?: string
    readonly path?: string
    readonly headers?: Record<string, string>
    readonly body?: string | Buffer
  },
): Promise<{ readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body, ...target } = options
    const request = httpRequest(url, { method, headers, agent: false, ...target }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      )
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}

export interface ProblemJson {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly remedy?: string
  readonly instance: string
  readonly errors?: readonly Record<string, string>[]
}

/** The problem that an answer is, with the status and the code that it must have. */
export async function problemIn(response: Response, status: number, code: string): Promise<ProblemJson> {
  assert.equal(response.status, status)
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/)
  const body = (await response.json()) as ProblemJson
  assert.equal(body.code, code)
  assert.equal(body.status, status)
  assert.ok(body.title.length > 0 && body.detail.length > 0)
  assert.match(body.instance, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-7/)
  return body
}
