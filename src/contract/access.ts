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
  /** What the token was given for that somebody came with. Absent: they came themselves, and may do whatever they may. */
  readonly scopes?: readonly string[]
}

export type Access =
  | { readonly kind: 'anyone' }
  | { readonly kind: 'signed-in' }
  | { readonly kind: 'role'; readonly anyOf: readonly string[] }
  | { readonly kind: 'claim'; readonly name: string; readonly anyOf: readonly string[] }
  | { readonly kind: 'scope'; readonly anyOf: readonly string[] }
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

/**
 * Whoever comes themselves, with a session, or with a bearer token that was given for one of these. It bounds what a program
 * may do for somebody; what they may do themselves, their roles say: `allOf(role('editor'), scope('photos:write'))`.
 */
export function scope(...anyOf: readonly [string, ...(readonly string[])]): Access {
  return Object.freeze({ kind: 'scope', anyOf: Object.freeze([...anyOf]) })
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
    case 'scope':
      return principal !== undefined && (principal.scopes?.some((own) => access.anyOf.includes(own)) ?? true)
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
    case 'scope':
      return `scope ${access.anyOf.join(' or ')}`
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

/** The scopes that a token must have been given for, in each way that there is. */
export function scopesIn(access: Access): readonly (readonly string[])[] {
  if (access.kind === 'scope') return access.anyOf.map((one) => [one])
  if (access.kind !== 'all') return [[]]
  return access.of.reduce<readonly (readonly string[])[]>(
    (ways, part) => ways.flatMap((way) => scopesIn(part).map((more) => [...way, ...more])),
    [[]],
  )
}

function valuesOf({ claims }: Principal, name: string): readonly string[] {
  if (!Object.hasOwn(claims, name)) return []
  const value = claims[name] ?? []
  return typeof value === 'string' ? [value] : value
}
