/** A proxy between a client and PostgreSQL that can cut, hold or swallow what passes: the faults of a network, on order. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface FaultProxy extends AsyncDisposable {
  /** The database's URL through the proxy. */
  readonly url: string
  /** From now on, nothing that the server says reaches the client, on connections old and new: a dead link. */
  swallowReplies(): void
  /** Passes everything again. */
  heal(): void
  /**
   * Calls `strike` at the n-th message of any client from now on: before it is passed on, or once the server has answered
   * it. Nothing of a connection that was struck is passed on any more.
   */
  strikeAt(n: number, when: 'before' | 'answered', strike: () => void): void
  /** Cuts the connection that next sends a message holding `text`, once the server has answered it. */
  cutAfter(text: string): void
}

/** Opens a proxy on a free port in front of the server that `url` names. */
export async function faultProxy(url: string): Promise<FaultProxy> {
  const sockets = new Set<Socket>()
  let isSwallowing = false
  let cutText: string | undefined
  let plan: { left: number; readonly when: 'before' | 'answered'; readonly strike: () => void } | undefined

  const server = createServer((client) => {
    const upstream = connectTo(url)
    let isCutting = false
    let strikeOnAnswer: (() => void) | undefined
    let isStruck = false
    sockets.add(client).add(upstream)
    const close = (): void => {
      client.destroy()
      upstream.destroy()
      sockets.delete(client)
      sockets.delete(upstream)
    }
    for (const socket of [client, upstream]) socket.on('error', close).on('close', close)
    client.on('data', (chunk) => {
      if (plan !== undefined && --plan.left === 0) {
        const { when, strike } = plan
        plan = undefined
        if (when === 'before') {
          isStruck = true
          strike()
        } else {
          strikeOnAnswer = strike
        }
      }
      if (isStruck) return
      if (cutText !== undefined && chunk.includes(cutText)) {
        isCutting = true
        cutText = undefined
      }
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      if (strikeOnAnswer !== undefined) {
        isStruck = true
        strikeOnAnswer()
        strikeOnAnswer = undefined
      }
      if (isStruck) return
      if (isCutting) close()
      else if (!isSwallowing) client.write(chunk)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String((server.address() as AddressInfo).port)
  return {
    url: through.href,
    swallowReplies: () => {
      isSwallowing = true
    },
    heal: () => {
      isSwallowing = false
    },
    strikeAt: (n, when, strike) => {
      plan = { left: n, when, strike }
    },
    cutAfter: (text) => {
      cutText = text
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** A URL whose host is a folder names a Unix socket in it, as PostgreSQL has it. */
function connectTo(url: string): Socket {
  const { hostname, port } = new URL(url)
  const host = decodeURIComponent(hostname)
  const number = Number(port === '' ? 5432 : port)
  return host.startsWith('/') ? connect(`${host}/.s.PGSQL.${number}`) : connect(number, host)
}
