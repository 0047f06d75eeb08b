/**
 * Errors as HTTP answers: problem details (RFC 9457) with a stable code. One table says which status a code has, and
 * whether its sentence may leave the house: what only the log should see becomes an id that stands in the log as well.
 */
import { STATUS_CODES } from 'node:http'
import type { FastifyReply } from 'fastify'
import { asError, isMillraceError, type MillraceError } from '../kernel/errors.ts'
import { webErrors } from './errors.ts'

/** One thing that is wrong with a request: `pointer` into the body, or the name of a `parameter`. */
export interface ProblemDetail {
  readonly detail: string
  /** A JSON Pointer into the body, as a URI fragment: `#/title`. */
  readonly pointer?: string
  readonly parameter?: string
  readonly in?: 'path' | 'query' | 'header'
}

/** The body of an answer of type application/problem+json. */
export interface ProblemBody {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly remedy?: string
  readonly instance: string
  readonly errors?: readonly ProblemDetail[]
}

export interface ProblemOptions {
  /** 400 to 599. */
  readonly status: number
  /** A stable word for programs: 1 to 100 of A–Z, a–z, 0–9, `_`, `.` and `-`. */
  readonly code: string
  /** The same for every occurrence. Default: the status in words. */
  readonly title?: string
  /** What happened this time. It is shown to the client. */
  readonly detail: string
  /** A URI that explains the problem. */
  readonly type?: string
  readonly remedy?: string
  readonly errors?: readonly ProblemDetail[]
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** An error that knows its answer. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly options: ProblemOptions

  constructor(options: ProblemOptions) {
    super(options.detail, options.cause === undefined ? undefined : { cause: options.cause })
    this.options = options
  }

  get code(): string {
    return this.options.code
  }

  get status(): number {
    return this.options.status
  }

  body(instance: string): ProblemBody {
    const { status, code, detail, title, type, remedy, errors } = this.options
    return {
      type: type ?? 'about:blank',
      title: title ?? STATUS_CODES[status] ?? 'Error',
      status,
      detail,
      code,
      ...(remedy === undefined ? {} : { remedy }),
      instance,
      ...(errors === undefined ? {} : { errors }),
    }
  }
}

/**
 * Makes an error to throw from a route: the client gets it as problem details.
 *
 * @example throw problem({ status: 409, code: 'ALBUM_FULL', detail: `The album holds ${max} photos.` })
 */
export function problem(options: ProblemOptions): Problem {
  return new Problem(options)
}

interface Answer {
  readonly status: number
  /** False: the client gets a general sentence, because ours names what is inside the house. */
  readonly isPublic: boolean
}

const shown = (status: number): Answer => ({ status, isPublic: true })
const hidden = (status: number): Answer => ({ status, isPublic: false })

/** The status of every code that can reach HTTP. One that is not here is a 500. */
export const STATUS_OF_CODE: Readonly<Record<string, Answer>> = Object.freeze({
  MILLRACE_WEB_INTERNAL: shown(500),
  MILLRACE_WEB_INPUT_INVALID: shown(400),
  MILLRACE_WEB_JSON_INVALID: shown(400),
  MILLRACE_WEB_REQUEST_INVALID: shown(400),
  MILLRACE_WEB_REFUSED: shown(400),
  MILLRACE_WEB_CROSS_SITE: shown(403),
  MILLRACE_WEB_LOGIN_NEEDED: shown(401),
  MILLRACE_WEB_ACCESS_DENIED: shown(403),
  MILLRACE_WEB_HOST_CHANGED: shown(421),
  MILLRACE_WEB_SESSION_UNKNOWN: shown(404),
  MILLRACE_WEB_ROUTE_UNKNOWN: shown(404),
  MILLRACE_WEB_METHOD_WRONG: shown(405),
  MILLRACE_WEB_BODY_LATE: shown(408),
  MILLRACE_WEB_REQUEST_LATE: shown(408),
  MILLRACE_WEB_BODY_TOO_LARGE: shown(413),
  MILLRACE_WEB_MEDIA_TYPE: shown(415),
  MILLRACE_WEB_HEADERS_TOO_LARGE: shown(431),
  MILLRACE_WEB_STARTING: shown(503),
  MILLRACE_WEB_DRAINING: shown(503),
  MILLRACE_WEB_NOT_READY: shown(503),
  MILLRACE_WEB_TIMEOUT: shown(503),
  MILLRACE_WEB_OPERATION_FAILED: shown(500),
  MILLRACE_WEB_OPERATION_ENDED: shown(409),
  MILLRACE_WEB_STREAMS_FULL: shown(503),
  MILLRACE_WEB_STREAMS_CLIENT_FULL: shown(429),
  MILLRACE_WEB_TOO_OFTEN: shown(429),
  MILLRACE_WEB_IF_MATCH_MISSING: shown(428),
  MILLRACE_WEB_IF_MATCH_FAILED: shown(412),
  MILLRACE_WEB_IDEMPOTENCY_KEY_INVALID: shown(400),
  MILLRACE_WEB_IDEMPOTENCY_MISMATCH: shown(422),
  MILLRACE_WEB_IDEMPOTENCY_BUSY: shown(409),
  MILLRACE_WEB_UPLOAD_EMPTY: shown(400),
  MILLRACE_WEB_UPLOAD_FIELD_UNKNOWN: shown(400),
  MILLRACE_WEB_UPLOAD_TOO_MANY: shown(413),
  MILLRACE_WEB_UPLOAD_BROKEN: shown(400),
  MILLRACE_WEB_UPLOAD_STALLED: shown(408),
  MILLRACE_WEB_UPLOAD_TYPE: shown(415),
  MILLRACE_QUEUE_INPUT_INVALID: shown(422),
  MILLRACE_QUEUE_PAYLOAD_TOO_LARGE: shown(413),
  MILLRACE_QUEUE_OPTION_INVALID: shown(400),
  MILLRACE_QUEUE_SUBMIT_DENIED: shown(403),
  MILLRACE_QUEUE_OPERATION_UNKNOWN: shown(404),
  MILLRACE_QUEUE_BACKLOG_FULL: hidden(503),
  MILLRACE_QUEUE_UNKNOWN: hidden(503),
  MILLRACE_DATA_UNREACHABLE: hidden(503),
  MILLRACE_DATA_POOL_EXHAUSTED: hidden(503),
  MILLRACE_DATA_DEADLINE: hidden(503),
  MILLRACE_DATA_SCHEMA_BEHIND: hidden(503),
  MILLRACE_DATA_WRONG_ENVIRONMENT: hidden(503),
  MILLRACE_DATA_COMMIT_UNKNOWN: hidden(500),
  MILLRACE_SESSION_STORE_AWAY: hidden(503),
  MILLRACE_IDENTITY_TOKEN_INVALID: shown(401),
  MILLRACE_IDENTITY_LOGIN_REFUSED: shown(400),
  MILLRACE_IDENTITY_LOGIN_DENIED: shown(403),
  MILLRACE_IDENTITY_LOGOUT_TOKEN_INVALID: shown(400),
  MILLRACE_IDENTITY_ACCOUNT_DISABLED: shown(403),
  MILLRACE_IDENTITY_ACCOUNT_UNKNOWN: shown(400),
  MILLRACE_IDENTITY_PROVIDER_AWAY: hidden(503),
  MILLRACE_IDENTITY_PROVIDER_WRONG: hidden(503),
  MILLRACE_CONTRACT_OBJECT_UNKNOWN: shown(404),
  MILLRACE_CONTRACT_OBJECT_DENIED: shown(403),
  MILLRACE_BLOBS_KEY_INVALID: shown(400),
  MILLRACE_BLOBS_ABSENT: shown(404),
  MILLRACE_BLOBS_TOO_LARGE: shown(413),
  MILLRACE_BLOBS_FULL: hidden(507),
})

const RETRY_AFTER_S = '1'
const RETRY_STATUSES: ReadonlySet<number> = new Set([408, 429, 503])

/** A coded error as a problem, with what the answer needs besides. */
export function problemOf(
  error: MillraceError,
  extras: Pick<ProblemOptions, 'errors' | 'headers'> & { readonly status?: number } = {},
): Problem {
  const answer = STATUS_OF_CODE[error.code]
  if (answer === undefined) return problemOf(webErrors.MILLRACE_WEB_INTERNAL({}, error))
  const status = extras.status ?? answer.status
  const headers = RETRY_STATUSES.has(status) ? { 'retry-after': RETRY_AFTER_S, ...extras.headers } : extras.headers
  const general = status === 503 ? 'The service cannot answer now; try again.' : 'The request could not be carried out.'
  return new Problem({
    status,
    code: error.code,
    type: `/problems/${error.code}`,
    detail: answer.isPublic ? error.message : general,
    ...(answer.isPublic ? { remedy: error.remedy } : {}),
    ...(extras.errors === undefined ? {} : { errors: extras.errors }),
    ...(headers === undefined ? {} : { headers }),
    cause: error,
  })
}

/** Anything thrown, as a problem. What it does not know becomes MILLRACE_WEB_INTERNAL. */
export function asProblem(thrown: unknown): Problem {
  const error = asError(thrown)
  if (error instanceof Problem) return error
  if (isMillraceError(error)) return problemOf(error)
  const { code, statusCode } = error as Error & { readonly code?: unknown; readonly statusCode?: unknown }
  const known = typeof code === 'string' ? FRAMEWORK_ERRORS[code] : undefined
  if (known !== undefined) return problemOf(known(error))
  const isRefusal = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
  if (isRefusal) return problemOf(webErrors.MILLRACE_WEB_REFUSED({ why: error.message }, error), { status: statusCode })
  return problemOf(webErrors.MILLRACE_WEB_INTERNAL({}, error))
}

/** Fastify's own refusals in our words. */
const FRAMEWORK_ERRORS: Readonly<Record<string, (error: Error) => MillraceError>> = {
  FST_ERR_CTP_EMPTY_JSON_BODY: (error) => webErrors.MILLRACE_WEB_JSON_INVALID({}, error),
  FST_ERR_CTP_INVALID_JSON_BODY: (error) => webErrors.MILLRACE_WEB_JSON_INVALID({}, error),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: (error) =>
    webErrors.MILLRACE_WEB_REQUEST_INVALID({ why: 'the body is not as long as Content-Length says' }, error),
  FST_ERR_BAD_URL: (error) => webErrors.MILLRACE_WEB_REQUEST_INVALID({ why: 'the path is no valid URI' }, error),
  FST_ERR_MAX_PARAM_LENGTH: (error) =>
    webErrors.MILLRACE_WEB_REQUEST_INVALID({ why: 'a part of the path is too long' }, error),
}

/** The media type of problem details. */
export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8'

/** The id of a request as a URI: it stands in the problem and in the log. */
export function instanceOf(requestId: string): string {
  return `urn:uuid:${requestId}`
}

/** Answers with a problem; `instance` says which occurrence it is, by default the request. */
export function sendProblem(
  reply: FastifyReply,
  problem: Problem,
  instance: string = instanceOf(reply.request.id),
): FastifyReply {
  // as text, so that no response schema of the route is applied to it
  return reply
    .code(problem.status)
    .headers(problem.options.headers ?? {})
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problem.body(instance)))
}
