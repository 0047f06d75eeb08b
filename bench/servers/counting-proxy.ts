/**
 * A proxy in front of PostgreSQL that counts what passes: statements, by what the client sends, and transactions, by what the
 * server answers. It needs nothing of the server, and it sees one process only.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface Traffic {
  /** Statements that were executed, BEGIN and COMMIT included. */
  readonly statements: number
  /** Transactions that have ended: what the server was ready for the next after. */
  readonly transactions: number
  /** How often each statement was executed: by its name when it has one, else by how it begins. */
  readonly byStatement: ReadonlyMap<string, number>
}

export interface CountingProxy extends AsyncDisposable {
  /** The database's URL through the proxy. */
  readonly url: string
  /** All that has passed since it was opened. */
  traffic(): Traffic
}

const PARSE = 'P'.charCodeAt(0)
const BIND = 'B'.charCodeAt(0)
const QUERY = 'Q'.charCodeAt(0)
const EXECUTE = 'E'.charCodeAt(0)
const READY = 'Z'.charCodeAt(0)
const IDLE = 'I'.charCodeAt(0)
/** Characters of a statement without a name that tell which it is. */
const LABEL_CHARS_MAX = 70

/** Opens a proxy on a free port in front of the server that `url` names. */
export async function countingProxy(url: string): Promise<CountingProxy> {
  const sockets = new Set<Socket>()
  const byStatement = new Map<string, number>()
  let statements = 0
  let transactions = 0
  const count = (label: string): void => {
    statements += 1
    byStatement.set(label, (byStatement.get(label) ?? 0) + 1)
  }
  const server = createServer((client) => {
    const upstream = connectTo(url)
    sockets.add(client).add(upstream)
    const close = (): void => {
      for (const socket of [client, upstream]) {
        socket.destroy()
        sockets.delete(socket)
      }
    }
    for (const socket of [client, upstream]) socket.on('error', close).on('close', close)
    const asked = messageReader({ hasStartup: true }, statementReader(count))
    let isReady = false
    const answered = messageReader({ hasStartup: false }, (type, body) => {
      if (type !== READY) return
      // the first one ends the greeting
      if (body[0] === IDLE && isReady) transactions += 1
      isReady = true
    })
    client.on('data', (chunk: Buffer) => {
      asked(chunk)
      upstream.write(chunk)
    })
    upstream.on('data', (chunk: Buffer) => {
      answered(chunk)
      client.write(chunk)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String((server.address() as AddressInfo).port)
  return {
    url: through.href,
    traffic: () => ({ statements, transactions, byStatement: new Map(byStatement) }),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** Tells each statement that is executed, out of a client's messages. */
function statementReader(executed: (label: string) => void): (type: number, body: Buffer) => void {
  const unnamed = { text: '' }
  let bound = ''
  return (type, body) => {
    if (type === QUERY) executed(labelOf(textAt(body, 0)))
    else if (type === PARSE && body[0] === 0) unnamed.text = textAt(body, 1)
    else if (type === BIND) bound = textAt(body, textAt(body, 0).length + 1)
    else if (type === EXECUTE) executed(labelOf(bound === '' ? unnamed.text : bound))
  }
}

function labelOf(statement: string): string {
  return statement.replaceAll(/\s+/g, ' ').trim().slice(0, LABEL_CHARS_MAX)
}

/** Text that ends with a zero byte. */
function textAt(body: Buffer, start: number): string {
  return body.toString('latin1', start, body.indexOf(0, start))
}

/** Reads the messages of PostgreSQL's protocol out of a stream, and tells the type and the body of each. */
function messageReader(
  { hasStartup }: { readonly hasStartup: boolean },
  seen: (type: number, body: Buffer) => void,
): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  let isStarting = hasStartup // the first message of a client has no type
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      const head = isStarting ? 0 : 1
      if (rest.length < head + 4) return
      const end = head + rest.readUInt32BE(head)
      if (rest.length < end) return
      if (!isStarting) seen(rest[0] ?? 0, rest.subarray(head + 4, end))
      isStarting = false
      rest = rest.subarray(end)
    }
  }
}

/** A URL whose host is a folder names a Unix socket in it, as PostgreSQL has it. */
function connectTo(url: string): Socket {
  const { hostname, port } = new URL(url)
  const host = decodeURIComponent(hostname)
  const portNumber = port === '' ? 5432 : Number(port)
  return host.startsWith('/') ? connect(`${host}/.s.PGSQL.${portNumber}`) : connect(portNumber, host)
}
