/** Every request but the uploads goes through here: a deadline, problems in words, and the knowledge that the server is there. */
import { reportAnswer, reportAway } from './connection.ts'
import { reportLoggedOut } from './login.ts'
import { isAway, type Problem, ProblemError, problemFrom, SERVER_AWAY } from './problem.ts'

const REQUEST_DEADLINE_MS = 20_000

export interface Answer<T> {
  readonly body: T
  readonly etag: string | null
  /** The path that answered, after redirects. */
  readonly path: string
  readonly redirected: boolean
}

export interface Request {
  readonly method?: 'GET' | 'PATCH' | 'POST' | 'PUT' | 'DELETE'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal
  /** Let the request outlive the page. */
  readonly keepalive?: boolean
}

/**
 * Sends a request and reads its JSON; `T` is what the API promises.
 *
 * @throws ProblemError telling what the server said, or that it is away; AbortError when `signal` aborted.
 */
export async function send<T>(path: string, request: Request = {}): Promise<Answer<T>> {
  const deadline = AbortSignal.timeout(REQUEST_DEADLINE_MS)
  const signal = request.signal ? AbortSignal.any([request.signal, deadline]) : deadline
  let response: Response
  let body: unknown
  try {
    response = await fetch(path, {
      method: request.method ?? 'GET',
      headers: { accept: 'application/json, application/problem+json', ...request.headers },
      body: request.body ?? null,
      keepalive: request.keepalive ?? false,
      cache: 'no-cache',
      signal,
    })
    body = bodyOf(response, await response.text())
  } catch (thrown) {
    if (request.signal?.aborted) throw thrown
    throw told(SERVER_AWAY)
  }
  if (!response.ok) throw told(problemFrom(response.status, body, response.headers.get('retry-after')))
  reportAnswer()
  const { pathname } = new URL(response.url, location.href)
  return { body: body as T, etag: response.headers.get('etag'), path: pathname, redirected: response.redirected }
}

/** A problem as something to throw, told to the connection and the login on its way. */
export function told(problem: Problem): ProblemError {
  if (isAway(problem)) reportAway()
  else reportAnswer()
  if (problem.status === 401) reportLoggedOut()
  return new ProblemError(problem)
}

function bodyOf(response: Response, text: string): unknown {
  if (text === '' || !/\bjson\b/.test(response.headers.get('content-type') ?? '')) return null
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null // problemFrom and the callers say what is missing
  }
}
