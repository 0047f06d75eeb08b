/** The names of accounts, as they are shown to people. */
import type { FrontRuntime } from 'millrace/web'

/** What is shown of somebody who has no account any more. */
const NOBODY = 'Somebody who has left'

/** Finds the name of an account, each account once. */
export function namesOf(people: FrontRuntime['people']): (account: string) => Promise<string> {
  const found = new Map<string, Promise<string>>()
  return (account) => {
    const name = found.get(account) ?? people.find(account).then((principal) => principal?.name ?? NOBODY)
    found.set(account, name)
    return name
  }
}
