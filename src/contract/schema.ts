/**
 * Schemas: any library that speaks Standard Schema (zod, ArkType, Valibot, …) describes inputs and outputs; one that also
 * speaks Standard JSON Schema shows up in OpenAPI.
 * @see https://standardschema.dev
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { contractErrors } from './errors.ts'

export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>
export type SchemaInput<S extends Schema> = StandardSchemaV1.InferInput<S>
export type SchemaOutput<S extends Schema> = StandardSchemaV1.InferOutput<S>

/** One thing that is wrong with a value, and where: `path` is a JSON Pointer (RFC 6901), `''` being the whole value. */
export interface Violation {
  readonly path: string
  readonly message: string
}

export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly violations: readonly Violation[] }

/** How many violations are told at once: more help nobody, and hostile input must not make long answers. */
export const VIOLATIONS_MAX = 20

/** Checks a value against a schema. Never throws for a bad value. A promise only when the schema itself takes its time. */
export function check<S extends Schema>(
  schema: S,
  value: unknown,
): Checked<SchemaOutput<S>> | Promise<Checked<SchemaOutput<S>>> {
  const result = schema['~standard'].validate(value)
  return result instanceof Promise ? result.then((late) => checkedOf<S>(late)) : checkedOf<S>(result)
}

function checkedOf<S extends Schema>(result: StandardSchemaV1.Result<unknown>): Checked<SchemaOutput<S>> {
  if (result.issues === undefined) return { ok: true, value: result.value as SchemaOutput<S> }
  return { ok: false, violations: result.issues.slice(0, VIOLATIONS_MAX).map(violationOf) }
}

function violationOf(issue: StandardSchemaV1.Issue): Violation {
  return { path: (issue.path ?? []).map(pointerStep).join(''), message: issue.message }
}

function pointerStep(segment: PropertyKey | StandardSchemaV1.PathSegment): string {
  const key = typeof segment === 'object' ? segment.key : segment
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** The sentence that lists violations, for messages of errors. */
export function describeViolations(violations: readonly Violation[]): string {
  return violations.map(({ path, message }) => `${path === '' ? 'the value' : path}: ${message}`).join('; ')
}

/** What Standard JSON Schema adds to a schema; a library without it has no `jsonSchema`. */
interface JsonSchemaSource {
  readonly jsonSchema?: {
    readonly input: (options: { readonly target: string }) => Record<string, unknown>
    readonly output: (options: { readonly target: string }) => Record<string, unknown>
  }
}

/**
 * The JSON Schema (draft 2020-12, the dialect of OpenAPI 3.1) of one direction of a schema; `{}` (anything) where the
 * library cannot tell.
 */
export function jsonSchemaOf(schema: Schema, direction: 'input' | 'output'): Record<string, unknown> {
  const source = schema['~standard'] as JsonSchemaSource
  try {
    const { $schema: _dialect, ...rest } = source.jsonSchema?.[direction]({ target: 'draft-2020-12' }) ?? {}
    return rest
  } catch {
    return {} // a type without a JSON form (a transform, a Date): the schema still validates, OpenAPI just says "anything"
  }
}

/** True for a Standard Schema, whatever library made it. */
export function isSchema(value: unknown): value is Schema {
  return (typeof value === 'object' || typeof value === 'function') && value !== null && '~standard' in value
}

/** A name of a task, queue or schedule. Shape: 1–60 of a–z, 0–9, `.`, `-`, `_`; starts with a letter. */
export function checkName(kind: string, name: string): string {
  if (!/^[a-z][a-z0-9._-]{0,59}$/.test(name)) throw contractErrors.MILLRACE_CONTRACT_NAME_INVALID({ kind, name })
  return name
}
