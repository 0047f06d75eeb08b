/** Roles and claims that nobody can have: they are misspelt. */
import { type Access, namesIn } from '../contract/access.ts'
import { identityErrors } from './errors.ts'

/** @param where says whose access it is. @throws MILLRACE_IDENTITY_ROLE_UNDECLARED */
export function checkNames(
  where: string,
  access: Access,
  { roles, claims = [] }: { readonly roles: readonly string[]; readonly claims?: readonly string[] },
): void {
  const named = namesIn(access)
  const refuse = (kind: 'role' | 'claim', name: string, declared: readonly string[]): never => {
    throw identityErrors.MILLRACE_IDENTITY_ROLE_UNDECLARED({ where, kind, name, declared })
  }
  for (const name of named.roles) if (!roles.includes(name)) refuse('role', name, roles)
  for (const name of named.claims) if (!claims.includes(name)) refuse('claim', name, claims)
}
