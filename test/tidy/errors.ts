/** Rules about error codes. */
import { type Finding, lineAt, type SourceFile } from './source-text.ts'

/**
 * Every code that is named anywhere (thrown, compared, documented) is declared. A name counts as a code when some declared
 * code has its first two words (MILLRACE_QUEUE_…) and nobody reads it as an environment variable.
 */
export function checkErrorsKnown(files: readonly SourceFile[], declared: ReadonlySet<string>): readonly Finding[] {
  const boxes = new Set([...declared].map(boxWord))
  const variables = new Set(files.flatMap(({ text }) => [...text.matchAll(VARIABLE)].flatMap(([, ...names]) => names)))
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(/\bMILLRACE_[A-Z0-9]+_[A-Z0-9_]*[A-Z0-9]\b/g)]
      .filter(([name]) => !declared.has(name) && !variables.has(name) && boxes.has(boxWord(name)))
      .map((match) => ({
        file: path,
        rule: 'error-known',
        message: `line ${lineAt(text, match.index)} names ${match[0]}, which is declared nowhere: correct the name, or declare it in the box's errors.ts`,
      })),
  )
}

/** A setting of a table, or a variable read by name. */
const VARIABLE = /\b(MILLRACE_\w+): \w*[sS]etting\(|\benv\.(MILLRACE_\w+)|\benv\[['"](MILLRACE_\w+)/g

function boxWord(code: string): string {
  return code.split('_').slice(0, 2).join('_')
}
