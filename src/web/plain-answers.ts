/** Answers that are given before, or beside, the application: while it loads, and to what is no HTTP. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../kernel/clock.ts'
import type { MillraceError } from '../kernel/errors.ts'
import { newId } from '../kernel/ids.ts'
import { webErrors } from './errors.ts'
import { securityHeaders } from './headers.ts'
import { instanceOf, PROBLEM_TYPE, problemOf } from './problems.ts'

/** Answers a request while the application loads: /livez as ever, everything else 503. */
export function answerBeforeReady(
  request: IncomingMessage,
  response: ServerResponse,
  options: { readonly release: string; readonly clock: Clock },
): void {
  response.setHeader('cache-control', 'no-store')
  if (request.url === '/livez') {
    response.setHeader('content-type', 'application/json; charset=utf-8')
    response.end(JSON.stringify({ status: 'alive', release: options.release }))
    return
  }
  const problem = problemOf(webErrors.MILLRACE_WEB_STARTING({}))
  const headers = { ...problem.options.headers, 'content-type': PROBLEM_TYPE }
  response.writeHead(problem.status, headers)
  response.end(JSON.stringify(problem.body(instanceOf(newId(options.clock.now())))))
}

/**
 * Answers what the HTTP parser refused, or could not finish in time, and closes the connection. `origin` is that of the
 * application: under https, these answers too say that there is nothing else.
 */
export function answerBroken(error: NodeJS.ErrnoException, socket: Socket, origin: string | undefined): void {
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy()
    return
  }
  const problem = problemOf(brokenBy(error.code))
  const body = JSON.stringify(problem.body('about:blank'))
  const headers = [
    ...securityHeaders(origin),
    ['content-type', PROBLEM_TYPE],
    ['content-length', Buffer.byteLength(body)],
    ['cache-control', 'no-store'],
    ['connection', 'close'],
  ]
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.end(`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n${lines}\r\n${body}`, () =>
    socket.destroy(),
  )
}

function brokenBy(code: string | undefined): MillraceError {
  if (code === 'HPE_HEADER_OVERFLOW') return webErrors.MILLRACE_WEB_HEADERS_TOO_LARGE({})
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return webErrors.MILLRACE_WEB_REQUEST_LATE({})
  return webErrors.MILLRACE_WEB_REQUEST_INVALID({ why: 'it is no HTTP/1.1' })
}
