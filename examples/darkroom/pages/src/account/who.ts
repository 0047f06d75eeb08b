/** Who is logged in. Nothing of theirs is kept beyond this page: a login, whoever's, loads everything anew. */
import { type Account, getAccount } from '../api/account.ts'
import { onReturn } from '../api/connection.ts'
import { login } from '../api/login.ts'
import type { Photo } from '../api/photos.ts'
import { storeOf } from '../store.ts'

export const account = storeOf<Account | undefined>(undefined)

/** True for the reader's own. */
export function isOwn({ owner }: Pick<Photo, 'owner'>): boolean {
  const me = account.get()?.account
  return me !== undefined && owner?.account === me
}

/** Asks the server. Away: it is asked again when it is back. */
export async function askWho(): Promise<void> {
  if (login.get() === 'out') return
  try {
    const found = await getAccount()
    const known = account.get()
    if (known && known.account !== found.account) return location.reload() // somebody else has logged in, in another tab
    account.update(() => found)
    login.update((now) => (now === 'out' ? now : 'in'))
  } catch {
    // 401 has been told to `login`, that the server is away to the banner
  }
}

onReturn(() => void (login.get() === 'asking' && askWho()))

/** Whoever comes back to this page, through the history or from another tab, may have logged out meanwhile. */
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload()
})
addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && login.get() === 'in') void askWho()
})
