/**
 * Coded errors. A code is a promise: stable, documented, never reused. Every box declares its own in `errors.ts` with
 * what happened (the actual values), what to do about it, and whether trying again can help.
 */

/** An error with a stable code. `message` says what happened, `remedy` what to do, `retryable` whether again can help. */
export class MillraceError extends Error {
  override readonly name = 'MillraceError'
  readonly code: string
  readonly remedy: string
  readonly retryable: boolean

  constructor(parts: {
    readonly code: string
    readonly message: string
    readonly remedy: string
    readonly retryable: boolean
    readonly cause?: unknown
  }) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause })
    this.code = parts.code
    this.remedy = parts.remedy
    this.retryable = parts.retryable
  }
}

/** How one code is declared: the sentence made of the facts, the remedy, and whether a retry can help. */
export interface ErrorDeclaration<Facts> {
  readonly says: (facts: Facts) => string
  readonly remedy: string
  readonly retryable: boolean
}

type Facts<D> = D extends ErrorDeclaration<infer F> ? F : never

/** One function per code, which makes the error from its facts. */
export type ErrorMakers<T> = { readonly [Code in keyof T]: (facts: Facts<T[Code]>, cause?: unknown) => MillraceError }

const catalogue = new Map<string, { readonly remedy: string; readonly retryable: boolean }>()

/**
 * Declares a box's error codes and returns one maker per code. A code declared twice is a bug.
 *
 * @example
 * const millErrors = defineErrors({
 *   MILLRACE_MILL_DRY: { says: (f: { level: number }) => `the water stands at ${f.level} cm`, remedy: 'Open the sluice.', retryable: true },
 * })
 * throw millErrors.MILLRACE_MILL_DRY({ level: 3 })
 */
// biome-ignore lint/suspicious/noExplicitAny: the facts differ from code to code; ErrorMakers gives each its own type back
export function defineErrors<const T extends Readonly<Record<string, ErrorDeclaration<any>>>>(
  declarations: T,
): ErrorMakers<T> {
  const makers: Record<string, (facts: unknown, cause?: unknown) => MillraceError> = {}
  for (const [code, { says, remedy, retryable }] of Object.entries(declarations)) {
    if (catalogue.has(code)) throw new Error(`error code ${code} is declared twice`)
    catalogue.set(code, { remedy, retryable })
    makers[code] = (facts, cause) => new MillraceError({ code, message: says(facts), remedy, retryable, cause })
  }
  return makers as ErrorMakers<T>
}

/** Every code declared so far, for the documentation and the test that compares both. */
export function errorCatalogue(): ReadonlyMap<string, { readonly remedy: string; readonly retryable: boolean }> {
  return catalogue
}

/** True for a MillraceError, of this code when one is named. */
export function isMillraceError(error: unknown, code?: string): error is MillraceError {
  return error instanceof MillraceError && (code === undefined || error.code === code)
}

/** Anything thrown, as an Error: what is none already is wrapped, with the value as its cause. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(inWords(thrown), { cause: thrown })
}

/** Anything can be thrown, an object that cannot be told in words included. */
function inWords(thrown: unknown): string {
  try {
    return String(thrown)
  } catch {
    return `a ${typeof thrown} was thrown`
  }
}
