/** millrace/web: what the web side of an application writes. */
export { principalOf, type RouteAccess, routesOf, whoIs, withAccess } from './access.ts'
export { type AcceptedOptions, type Answer, acceptedAnswer } from './answers.ts'
export { etagOf, isUnchanged, requireIfMatch } from './conditional.ts'
export {
  type BuildFront,
  type Directory,
  type Front,
  type FrontRuntime,
  front,
  type WebInstance,
  type WebReply,
  type WebRequest,
} from './front.ts'
export { type IdempotentOptions, idempotent } from './idempotency.ts'
export { type AcceptedBody, acceptedSchema, type OperationView, operationSchema } from './operation-view.ts'
export { type PagesOptions, servePages } from './pages.ts'
export { type Problem, type ProblemBody, type ProblemDetail, type ProblemOptions, problem } from './problems.ts'
export {
  type ReceivedFile,
  type ReceivedFiles,
  type ReceiveOptions,
  receiveFiles,
  type UploadRule,
} from './uploads.ts'
