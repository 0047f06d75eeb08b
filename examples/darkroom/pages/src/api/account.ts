/** Who is logged in, what they take up, and where else they are logged in. */
import { send } from './http.ts'

export interface Person {
  /** A UUID. */
  readonly account: string
  readonly name: string
}

export interface Account extends Person {
  readonly email: string | null
  /** `deletedBytes` are the part of `usedBytes` that deleting for good makes free. */
  readonly storage: { readonly usedBytes: number; readonly deletedBytes: number; readonly quotaBytes: number }
}

export interface Session {
  readonly id: string
  /** The User-Agent of its browser. */
  readonly agent: string
  readonly begunAt: string
  readonly seenAt: string
  readonly endsAt: string
  readonly isThis: boolean
}

export const getAccount = async (): Promise<Account> => (await send<Account>('/api/account')).body

export const listSessions = async (): Promise<readonly Session[]> =>
  (await send<{ sessions: readonly Session[] }>('/identity/sessions')).body.sessions

export async function endSession(id: string): Promise<void> {
  await send<null>(`/identity/sessions/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

/** Ends all sessions but this one. Answers how many they were. */
export const endOtherSessions = async (): Promise<number> =>
  (await send<{ ended: number }>('/identity/sessions', { method: 'DELETE' })).body.ended

/** Ends this session. Answers where the browser is to go: the provider may have to log out too. */
export const logOut = async (): Promise<string> =>
  (await send<{ next: string }>('/identity/logout', { method: 'POST' })).body.next
