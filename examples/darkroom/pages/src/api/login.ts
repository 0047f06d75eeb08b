/** Whether somebody is logged in here. Any answer may tell that nobody is, any more; the page then shows nothing of theirs. */
import { storeOf } from '../store.ts'

export type Login = 'asking' | 'in' | 'out'

export const login = storeOf<Login>('asking')

/** An answer was 401. */
export const reportLoggedOut = (): void => login.update(() => 'out')

/** Where a login begins that comes back to where the reader is now. */
export const loginPath = (): string =>
  `/identity/login?return=${encodeURIComponent(location.pathname + location.search)}`
