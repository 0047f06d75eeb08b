/** millrace/worker: what the worker side of an application writes. */
export {
  type Attempt,
  type Handler,
  type HandlerEntry,
  type Handlers,
  handler,
  handlers,
  type Isolation,
  PermanentError,
  type Runtime,
} from './handler.ts'
