/**
 * Keeps the process alive while it waits. Timers of Millrace never do that by themselves, nor do its threads and idle
 * connections; a test that waits for one of those alone would be ended half-way.
 */
import { MessageChannel } from 'node:worker_threads'

export async function stayingAlive<T>(work: () => Promise<T>): Promise<T> {
  const { port1: port } = new MessageChannel()
  port.on('message', () => {}) // an open port that listens is what Node waits for
  try {
    return await work()
  } finally {
    port.close()
  }
}
