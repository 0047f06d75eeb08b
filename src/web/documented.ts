/** Schemas of Millrace's own answers: described for OpenAPI, trusted at run time, without a schema library of our own. */
import type { Schema } from '../contract/schema.ts'

/** A schema that takes every value and is described by the given JSON Schema (2020-12). */
export function documented<T>(json: Readonly<Record<string, unknown>>): Schema<T> {
  const describe = (): Record<string, unknown> => structuredClone(json)
  const standard = {
    version: 1,
    vendor: 'millrace',
    validate: (value: unknown) => ({ value: value as T }),
    jsonSchema: { input: describe, output: describe },
  } as const
  return Object.freeze({ '~standard': standard })
}
