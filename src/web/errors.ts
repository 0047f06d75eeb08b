import { defineErrors } from '../kernel/errors.ts'

export const webErrors = defineErrors({
  MILLRACE_WEB_PORT_TAKEN: {
    says: (f: { host: string; port: number }) => `port ${f.port} of ${f.host} is taken by another program`,
    remedy: 'Stop the other program, or choose another port: PORT=3001 npm start.',
    retryable: false,
  },
  MILLRACE_WEB_LISTEN_FAILED: {
    says: (f: { host: string; port: number; why: string }) => `cannot listen on port ${f.port} of ${f.host}: ${f.why}`,
    remedy: 'Choose an address of this machine and a port that this user may open (1024 and above).',
    retryable: false,
  },
  MILLRACE_WEB_SCHEMA_UNKNOWN: {
    says: (f: { route: string; part: string }) => `${f.route}: the schema of ${f.part} is no Standard Schema`,
    remedy: 'Describe it with zod, ArkType, Valibot or another library that speaks Standard Schema.',
    retryable: false,
  },
  MILLRACE_WEB_INTERNAL: {
    says: () => 'something went wrong on our side',
    remedy: 'Give the id in "instance" to whoever runs the service: the log has the error under it.',
    retryable: true,
  },
  MILLRACE_WEB_RESPONSE_INVALID: {
    says: (f: { status: number; violations: string }) =>
      `the handler's answer does not fit the response schema for status ${f.status}: ${f.violations}`,
    remedy: 'Declare this status under `response`, or make the handler return what is declared.',
    retryable: false,
  },
  MILLRACE_WEB_JOB_UNTRACKED: {
    says: (f: { task: string }) => `a job of ${f.task} has no operation to point to`,
    remedy: 'Give the task an `output`, or declare it with `tracked: true`.',
    retryable: false,
  },
  MILLRACE_WEB_CROSS_SITE: {
    says: (f: { method: string }) => `a ${f.method} that a page of another site has sent is not carried out`,
    remedy:
      'Send it from a page of this application. Programs that are no browsers send no Origin and no Sec-Fetch-Site.',
    retryable: false,
  },
  MILLRACE_WEB_ACCESS_UNDECLARED: {
    says: (f: { route: string }) => `${f.route} does not say who may use it`,
    remedy: 'Say so beside the route: config: { access: signedIn }, role(…), claim(…), or anyone.',
    retryable: false,
  },
  MILLRACE_WEB_LOGIN_NEEDED: {
    says: () => 'nobody has logged in',
    remedy: 'Log in at /identity/login, or send an access token as `Authorization: Bearer …`.',
    retryable: false,
  },
  MILLRACE_WEB_ACCESS_DENIED: {
    says: (f: { needs: string }) => `this is not for you: it needs ${f.needs}`,
    remedy: 'Ask whoever runs the application for it.',
    retryable: false,
  },
  MILLRACE_WEB_HOST_CHANGED: {
    says: (f: { origin: string; host: string }) =>
      `the login goes on at ${f.origin}, and what was sent there arrived for ${JSON.stringify(f.host.slice(0, 80))}`,
    remedy:
      'Let the proxy pass the Host header on as it is (nginx: proxy_set_header Host $http_host), or correct ORIGIN.',
    retryable: false,
  },
  MILLRACE_WEB_SESSION_UNKNOWN: {
    says: (f: { id: string }) => `you have no session ${f.id.slice(0, 80)}`,
    remedy: 'List your sessions again: it may be over.',
    retryable: false,
  },
  MILLRACE_WEB_INPUT_INVALID: {
    says: (f: { count: number }) => `${f.count === 1 ? 'one value is' : `${f.count} values are`} not as they should be`,
    remedy: 'Correct what `errors` names and send the request again. Nothing was done.',
    retryable: false,
  },
  MILLRACE_WEB_JSON_INVALID: {
    says: () =>
      'the body is no JSON, uses a name that is forbidden (__proto__, constructor.prototype), or has a text with NUL or half a character',
    remedy: 'Send one JSON value (RFC 8259) in UTF-8.',
    retryable: false,
  },
  MILLRACE_WEB_BODY_TOO_LARGE: {
    says: (f: { bytesMax: number }) => `the body is larger than ${f.bytesMax} bytes`,
    remedy: 'Send less, or send large things as an upload.',
    retryable: false,
  },
  MILLRACE_WEB_BODY_LATE: {
    says: (f: { ms: number }) => `the body did not arrive within ${f.ms} ms`,
    remedy: 'Send the whole body without pauses.',
    retryable: true,
  },
  MILLRACE_WEB_REQUEST_LATE: {
    says: () => 'the request did not arrive in time',
    remedy: 'Send the whole request without pauses.',
    retryable: true,
  },
  MILLRACE_WEB_MEDIA_TYPE: {
    says: (f: { given: string; wanted: string }) =>
      f.given === '' ? 'the request has no Content-Type' : `the body is ${JSON.stringify(f.given.slice(0, 80))}`,
    remedy: 'Send the media type that the API description (/openapi.json) names for this route.',
    retryable: false,
  },
  MILLRACE_WEB_ROUTE_UNKNOWN: {
    says: (f: { path: string }) => `there is nothing at ${f.path.slice(0, 200)}`,
    remedy: 'Check the path: /openapi.json lists what there is.',
    retryable: false,
  },
  MILLRACE_WEB_METHOD_WRONG: {
    says: (f: { method: string; allowed: readonly string[] }) =>
      `${f.method} is not possible here, but ${f.allowed.join(', ')}`,
    remedy: 'Use one of the methods in the Allow header.',
    retryable: false,
  },
  MILLRACE_WEB_REQUEST_INVALID: {
    says: (f: { why: string }) => `the request is malformed: ${f.why}`,
    remedy: 'Send a request as HTTP/1.1 (RFC 9112) and URI syntax (RFC 3986) have it.',
    retryable: false,
  },
  MILLRACE_WEB_HEADERS_TOO_LARGE: {
    says: () => 'the headers of the request are too large',
    remedy: 'Send less: cookies are the usual reason.',
    retryable: false,
  },
  MILLRACE_WEB_REFUSED: {
    says: (f: { why: string }) => f.why,
    remedy: 'Correct the request.',
    retryable: false,
  },
  MILLRACE_WEB_STARTING: {
    says: () => 'the service is starting',
    remedy: 'Try again in a moment.',
    retryable: true,
  },
  MILLRACE_WEB_DRAINING: {
    says: () => 'this instance is stopping; others go on',
    remedy: 'Send the request again, on a new connection.',
    retryable: true,
  },
  MILLRACE_WEB_NOT_READY: {
    says: (f: { why: string }) => `the instance is not ready: ${f.why}`,
    remedy: 'Look in the log for what it is waiting for; usually the database or a migration.',
    retryable: true,
  },
  MILLRACE_WEB_TIMEOUT: {
    says: (f: { ms: number }) => `there was no answer within ${f.ms} ms`,
    remedy: 'Try again; if it stays so, the work belongs into a task: answer 202 and let a worker do it.',
    retryable: true,
  },
  MILLRACE_WEB_OPERATION_FAILED: {
    says: (f: { attempts: number }) => `the work failed for good, after ${f.attempts} attempts`,
    remedy:
      'Whoever runs the service finds the reason in the log and among the dead letters, under the operation’s id.',
    retryable: false,
  },
  MILLRACE_WEB_OPERATION_ENDED: {
    says: (f: { id: string; status: string }) => `operation ${f.id} has ${f.status} already: it cannot be cancelled`,
    remedy: 'Nothing to do.',
    retryable: false,
  },
  MILLRACE_WEB_STREAMS_FULL: {
    says: (f: { countMax: number }) => `all ${f.countMax} event streams of this instance are in use`,
    remedy: 'Try again later, or ask for the operation with ?wait=.',
    retryable: true,
  },
  MILLRACE_WEB_TOO_OFTEN: {
    says: (f: { seconds: number }) => `your address has asked for this too often: the next one is in ${f.seconds} s`,
    remedy: 'Come again after the seconds that Retry-After says.',
    retryable: true,
  },
  MILLRACE_WEB_STREAMS_CLIENT_FULL: {
    says: (f: { countMax: number }) => `this address has ${f.countMax} event streams open already`,
    remedy: 'Close some, or ask for the operation with ?wait=.',
    retryable: true,
  },
  MILLRACE_WEB_IF_MATCH_MISSING: {
    says: () => 'the request has no If-Match header',
    remedy: 'Read the resource, then send its ETag as If-Match: so that nobody else’s change is overwritten.',
    retryable: false,
  },
  MILLRACE_WEB_IF_MATCH_FAILED: {
    says: () => 'the resource has changed since it was read',
    remedy: 'Read it again, apply the change to what it is now, and send that with the new ETag.',
    retryable: false,
  },
  MILLRACE_WEB_IDEMPOTENCY_KEY_INVALID: {
    says: () => 'the Idempotency-Key header is not 1 to 200 visible ASCII characters',
    remedy: 'Send a UUID, new for every thing that is to be done once.',
    retryable: false,
  },
  MILLRACE_WEB_IDEMPOTENCY_MISMATCH: {
    says: () => 'this Idempotency-Key was used for another request',
    remedy: 'Use a new key for a new request; repeat a request exactly as it was.',
    retryable: false,
  },
  MILLRACE_WEB_IDEMPOTENCY_BUSY: {
    says: (f: { ms: number }) =>
      `the first request with this Idempotency-Key has been running for ${f.ms} ms and goes on`,
    remedy: 'Repeat the request in a moment: it answers with the result of the first.',
    retryable: true,
  },
  MILLRACE_WEB_UPLOAD_EMPTY: {
    says: (f: { field: string }) => `there is no file in the field ${f.field}`,
    remedy: 'Send at least one file in this field.',
    retryable: false,
  },
  MILLRACE_WEB_UPLOAD_FIELD_UNKNOWN: {
    says: (f: { name: string }) => `there is no field ${JSON.stringify(f.name.slice(0, 80))}`,
    remedy: 'Send only the fields that the API description (/openapi.json) names.',
    retryable: false,
  },
  MILLRACE_WEB_UPLOAD_TOO_MANY: {
    says: (f: { countMax: number }) => `there are more than ${f.countMax} files, or too many fields`,
    remedy: 'Send them in several requests.',
    retryable: false,
  },
  MILLRACE_WEB_UPLOAD_BROKEN: {
    says: (f: { why: string }) => `the multipart body is broken: ${f.why}`,
    remedy: 'Send a whole multipart/form-data body (RFC 7578). Nothing was stored.',
    retryable: false,
  },
  MILLRACE_WEB_UPLOAD_STALLED: {
    says: (f: { ms: number }) => `nothing arrived for ${f.ms} ms`,
    remedy: 'Send it again over a better connection. Nothing was stored.',
    retryable: true,
  },
  MILLRACE_WEB_UPLOAD_TYPE: {
    says: (f: { name: string }) => `${JSON.stringify(f.name)} is not of a kind that is taken here`,
    remedy: 'Send a file of a kind that the API description (/openapi.json) names. Nothing was stored.',
    retryable: false,
  },
})
