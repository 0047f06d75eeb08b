/**
 * The inside of a cell: a thread or process that runs one job at a time for a worker process, so that it can be killed
 * without harm to any other job.
 */
import { parentPort } from 'node:worker_threads'
import { Payloads } from '../queue/payload/payloads.ts'
import type { Runtime } from './attempt.ts'
import { type FromCell, packError, type ToCell, unpackError } from './cell-protocol.ts'
import type { Handlers } from './handler.ts'
import { handlerLoader } from './load-handler.ts'
import { runHandler } from './run-handler.ts'

/** Serves jobs until the worker process ends this cell, or goes away itself. `open` is called once, before the first. */
export async function serveCell(
  open: () => Promise<{ readonly runtime: Runtime; readonly handlers: Handlers; readonly payloads?: Payloads }>,
): Promise<void> {
  const channel = openChannel()
  const { runtime, handlers, payloads = new Payloads(runtime) } = await open()
  const load = handlerLoader(handlers)
  let abort = new AbortController()

  const run = async (message: Extract<ToCell, { kind: 'run' }>): Promise<FromCell> => {
    try {
      const handler = await load(message.task)
      const onProgress = (progress: Extract<FromCell, { kind: 'progress' }>['progress']): void =>
        channel.send({ kind: 'progress', progress })
      const control = { signal: abort.signal, onProgress, own: () => undefined }
      const owner = { id: message.job.id, task: message.task }
      const read = (): unknown => payloads.decode(owner, JSON.parse(message.payload), abort.signal)
      const ran = await runHandler(runtime, handler, message.job, read, control)
      return { kind: 'ran', ran }
    } catch (thrown) {
      return { kind: 'threw', error: packError(thrown, handlers.entries.get(message.task)?.task.retry) }
    }
  }

  channel.listen((message) => {
    switch (message.kind) {
      case 'run':
        abort = new AbortController()
        void run(message).then((answer) => channel.send(answer))
        break
      case 'abort':
        abort.abort(unpackError(message.reason))
        break
      default:
        message satisfies never
    }
  })
  channel.send({ kind: 'ready' })
}

interface Channel {
  send(message: FromCell): void
  listen(listener: (message: ToCell) => void): void
}

function openChannel(): Channel {
  if (parentPort !== null) {
    const port = parentPort
    return { send: (message) => port.postMessage(message), listen: (listener) => port.on('message', listener) }
  }
  // a process whose worker was killed has nobody left to answer
  process.once('disconnect', () => process.exit())
  return {
    send: (message) => void process.send?.(message),
    listen: (listener) => process.on('message', (message) => listener(message as ToCell)),
  }
}
