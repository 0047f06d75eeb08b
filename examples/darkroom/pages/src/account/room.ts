/** Whether the storage has room for a file: asked before it is sent, which may take an hour. */
import { connection } from '../api/connection.ts'
import { type Problem, ProblemError } from '../api/problem.ts'
import { bytesText } from '../words.ts'
import { account, askWho } from './who.ts'

/**
 * The account is asked for again before a file is refused: room may have been made. What others send meanwhile only the
 * server can know, and it looks again at the end.
 *
 * @throws ProblemError when there is no room for so many bytes.
 */
export async function requireRoom(bytes: number): Promise<void> {
  if (bytes <= freeBytes()) return
  await askWho()
  const isKnown = connection.get().kind === 'there'
  if (isKnown && bytes > freeBytes()) throw new ProblemError(fullFor(bytes))
}

/** So much was stored since the account was asked for. */
export function noteStored(bytes: number): void {
  account.update(
    (known) => known && { ...known, storage: { ...known.storage, usedBytes: known.storage.usedBytes + bytes } },
  )
}

function freeBytes(): number {
  const storage = account.get()?.storage
  return storage ? Math.max(0, storage.quotaBytes - storage.usedBytes) : Number.POSITIVE_INFINITY
}

/** In the words of the server's own refusal. */
function fullFor(bytes: number): Problem {
  return {
    title: 'Your storage is full',
    detail: `It has ${bytesText(bytes)}, and there are ${bytesText(freeBytes())} left. Deleting photos for good makes room.`,
    code: 'DARKROOM_QUOTA_FULL',
  }
}
