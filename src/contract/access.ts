/**
 * Who may do something: what a route or a task asks of whoever comes. It is data, not code, so that it can be shown in the
 * API description, listed beside every route, and asked again when a job runs.
 */

/** Somebody who has shown who they are, with what they may do now. */
export interface Principal {
  /** UUID of the account. The same for as long as the provider calls them the same. */
  readonly account: string
  /** For people to read. Never to tell accounts apart. */
  readonly name: string
  readonly email: string | null
  readonly roles: readonly string[]
  /** Those that the application keeps, by name: texts, or lists of texts. */
  readonly claims: Readonly<Record<string, string | readonly string[]>>
}

export type Access =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'signed-in' }
  | { readonly kind: 'role'; readonly anyOf: readonly string[] }
  | { readonly kind: 'claim'; readonly name: string; readonly anyOf: readonly string[] }
  | { readonly kind: 'all'; readonly of: readonly Access[] }

/** Everybody, whoever they are. To be said: what says nothing is refused. */
export const anyone: Access = Object.freeze({ kind: 'anyone' })
/** Everybody who has logged in. */
export const signedIn: Access = Object.freeze({ kind: 'signed-in' })

/**
 * Whoever has one of these roles.
 *
 * @example web.delete('/api/albums/:id', { config: { access: role('owner', 'editor') } }, …)
 */
export function role(...anyOf: readonly [string, ...(readonly string[])]): Access {
  return Object.freeze({ kind: 'role', anyOf: Object.freeze([...anyOf]) })
}

/** Whoever's claim of this name has one of these values. */
export function claim(name: string, ...anyOf: readonly [string, ...(readonly string[])]): Access {
  return Object.freeze({ kind: 'claim', name, anyOf: Object.freeze([...anyOf]) })
}

/** Whoever all of these let pass. */
export function allOf(...of: readonly [Access, Access, ...(readonly Access[])]): Access {
  return Object.freeze({ kind: 'all', of: Object.freeze([...of]) })
}

/** Whether it lets them pass. `undefined`: nobody has logged in. */
export function allows(access: Access, principal: Principal | undefined): boolean {
  switch (access.kind) {
    case 'anyone':
      return true
    case 'signed-in':
      return principal !== undefined
    case 'role':
      return principal?.roles.some((own) => access.anyOf.includes(own)) === true
    case 'claim':
      return principal !== undefined && valuesOf(principal, access.name).some((own) => access.anyOf.includes(own))
    case 'all':
      return access.of.every((part) => allows(part, principal))
    default:
      return access satisfies never
  }
}

/** In words, for documents and messages: `role editor or owner`. */
export function accessInWords(access: Access): string {
  switch (access.kind) {
    case 'anyone':
      return 'anyone'
    case 'signed-in':
      return 'signed in'
    case 'role':
      return `role ${access.anyOf.join(' or ')}`
    case 'claim':
      return `claim ${access.name} ${access.anyOf.join(' or ')}`
    case 'all':
      return access.of.map(accessInWords).join(', and ')
    default:
      return access satisfies never
  }
}

/** The roles and claims that it names, to be compared with those that are declared. */
export function namesIn(access: Access): { readonly roles: readonly string[]; readonly claims: readonly string[] } {
  if (access.kind === 'role') return { roles: access.anyOf, claims: [] }
  if (access.kind === 'claim') return { roles: [], claims: [access.name] }
  if (access.kind !== 'all') return { roles: [], claims: [] }
  const parts = access.of.map(namesIn)
  return { roles: parts.flatMap((part) => part.roles), claims: parts.flatMap((part) => part.claims) }
}

function valuesOf({ claims }: Principal, name: string): readonly string[] {
  if (!Object.hasOwn(claims, name)) return []
  const value = claims[name] ?? []
  return typeof value === 'string' ? [value] : value
}
