/** What comes from another thread or process, before it is trusted: whatever runs there can send anything. */

type TypeName = 'string' | 'number' | 'boolean'

/** Whether `value` is an object with at least these fields, each of its type. */
export function hasFields(
  value: unknown,
  fields: Readonly<Record<string, TypeName>>,
): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const given = value as Readonly<Record<string, unknown>>
  return Object.entries(fields).every(([name, type]) => typeof given[name] === type)
}
