/** Our statements as texts that every library can pass on. Their SQL has no dollar-quoted strings. */

const STRING_OR_COMMENT = /'(?:[^']|'')*'|--[^\n]*\n?|\/\*.*?\*\//gs

/** Header and remarks are for readers, and may hold what a library takes for a placeholder. */
export function withoutComments(text: string): string {
  return text.replace(STRING_OR_COMMENT, (found) =>
    found.startsWith("'") ? found : found.startsWith('--') ? '\n' : ' ',
  )
}

/**
 * `$1` … `$n` as `?`, each with its value at its place, for libraries that count question marks. A value that is used twice
 * is sent twice. Question marks of the SQL itself are escaped with a backslash.
 */
export function withQuestionMarks<T>(
  text: string,
  values: readonly T[],
): { readonly text: string; readonly values: readonly T[] } {
  const placed: T[] = []
  const marked = text.replace(/\?|\$(\d+)/g, (found, position?: string) => {
    if (position === undefined) return `\\${found}`
    placed.push(values[Number(position) - 1] as T)
    return '?'
  })
  return { text: marked, values: placed }
}

/** A list as PostgreSQL reads an array: the same text, whatever a library would have made of a JavaScript array. */
export function arrayText(list: readonly unknown[]): string {
  return `{${list.map(elementText).join()}}`
}

function elementText(element: unknown): string {
  if (element === null || element === undefined) return 'NULL'
  if (typeof element !== 'string') return String(element)
  return `"${element.replace(/["\\]/g, '\\$&')}"`
}
