/** What a provider's claims mean here: a name, an e-mail address, roles, and the claims that the application keeps. */
import type { Said } from './accounts.ts'

/** Whose e-mail addresses are taken. */
export const EMAIL_RULES = ['verified', 'trusted'] as const

export interface FactRules {
  /** The claim that holds the roles: its name, or the path to it, such as `realm_access.roles`. */
  readonly rolesClaim: string
  /** Roles that the application knows: others are none of its business. */
  readonly roles: readonly string[]
  /** Claims that the application keeps. */
  readonly claims: readonly string[]
  /** `verified`: an address of which it says so. `trusted`: one of which it says neither, too. */
  readonly emails: (typeof EMAIL_RULES)[number]
}

const VALUES_COUNT_MAX = 100
const VALUE_CHARS_MAX = 200

export function saidBy(
  claims: Readonly<Record<string, unknown>>,
  rules: FactRules,
  from: Pick<Said, 'issuer' | 'subject' | 'atMs' | 'isAll'>,
): Said {
  const roles = textsAt(claims, rules.rolesClaim)
  const kept = rules.claims.flatMap((name) => {
    const values = textsAt(claims, name)
    return values === undefined ? [] : [[name, values] as const]
  })
  return {
    ...from,
    name: firstText(claims, 'name', 'preferred_username', 'nickname', 'email'),
    email: isTheirs(claims['email_verified'], rules) ? firstText(claims, 'email') : undefined,
    roles: roles?.filter((name) => rules.roles.includes(name)),
    claims: Object.fromEntries(kept),
  }
}

/** By an address people are given roles and shared things: it must be their own. Some providers say so in words. */
function isTheirs(verified: unknown, { emails }: FactRules): boolean {
  return verified === true || verified === 'true' || (verified === undefined && emails === 'trusted')
}

function firstText(claims: Readonly<Record<string, unknown>>, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = claims[name]
    if (typeof value === 'string' && value.trim() !== '') return value.trim()
  }
  return undefined
}

/** A claim that is a text or a list of texts. Undefined: there is none. What is neither counts as an empty list. */
function textsAt(claims: Readonly<Record<string, unknown>>, path: string): readonly string[] | undefined {
  const value = valueAt(claims, path)
  if (value === undefined || value === null) return undefined
  const list: readonly unknown[] = Array.isArray(value) ? value : typeof value === 'string' ? [value] : []
  return list.filter(isShortText).slice(0, VALUES_COUNT_MAX)
}

function isShortText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= VALUE_CHARS_MAX && value.isWellFormed() && !value.includes('\0')
}

/** Some providers have claims whose names contain dots, others have claims within claims. */
function valueAt(claims: Readonly<Record<string, unknown>>, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path]
  let value: unknown = claims
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}
