/** Checks of policies, for everything that is declared. */
import { contractErrors } from './errors.ts'

/** @throws MILLRACE_CONTRACT_POLICY_INVALID unless `value` is a whole number from `min` to `max`. */
export function checkPolicy(owner: string, policy: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  const rule = `a whole number from ${min} to ${max}`
  throw contractErrors.MILLRACE_CONTRACT_POLICY_INVALID({ task: owner, policy, value, rule })
}
