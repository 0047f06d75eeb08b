/** What is asked of uploads, which may take an hour to be sent: beforehand, and again afterwards. */
import { type FrontRuntime, type Problem, problem, type WebRequest } from 'millrace/web'
import { quotaFull } from './quota.ts'

/** Beside the files, the body of a form has boundaries, and some lines for each file. */
const FORM_BYTES_MAX = 64 * 1024

/**
 * Refuses what is said to be larger than the room for it, before any of it is read. A guess, without a lock: what was
 * received is counted. With an `Idempotency-Key` nothing is guessed: it may be the repeat of what has filled the room.
 */
export function refuseHopeless({ headers }: WebRequest, freeBytes: number): void {
  const bytes = Number(headers['content-length'] ?? 0) - FORM_BYTES_MAX
  if (headers['idempotency-key'] === undefined && bytes > freeBytes) throw quotaFull(bytes, freeBytes)
}

/** @throws when the account was disabled while it was sending. */
export async function requireStillThere(people: FrontRuntime['people'], account: string): Promise<void> {
  if ((await people.find(account)) === undefined) throw gone()
}

function gone(): Problem {
  return problem({
    status: 401,
    code: 'DARKROOM_ACCOUNT_GONE',
    detail: 'The account was disabled while it was sending.',
  })
}
