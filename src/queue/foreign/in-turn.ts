/** Statements of ours take turns: `pg` warns of two at once on one connection, and its next version refuses them. */
import type { Send } from './library.ts'

const lastOver = new WeakMap<object, Promise<unknown>>()

/** `send`, with each statement over `tx` waiting until the one before it has ended, however it did. */
export function inTurn(tx: object, send: Send): Send {
  return (text, values) => {
    const sent = (lastOver.get(tx) ?? Promise.resolve()).then(() => send(text, values))
    lastOver.set(
      tx,
      sent.catch(() => {}),
    )
    return sent
  }
}
