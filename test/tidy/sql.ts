/** Rules about SQL files. */
import { posix } from 'node:path'
import { commentsOf, type Finding, isTestCode, type SourceFile } from './source-text.ts'

/**
 * Every statement under a folder `sql/` is named by some code (as `'name'` or `'name.sql'`) and says in its first line what
 * it is for; so do all other SQL files, in a comment of their own words.
 */
export function checkSql(files: readonly SourceFile[]): readonly Finding[] {
  const code = files.filter(({ path }) => /^src\/.*\.ts$/.test(path) && !isTestCode(path))
  const named = new Set(code.flatMap(({ text }) => stringsOf(text)))
  return files.flatMap(({ path, text }) => {
    if (!/^src\/.*\.sql$/.test(path)) return []
    const name = posix.basename(path, '.sql')
    const found = (message: string): Finding => ({ file: path, rule: 'sql', message })
    const [header = ''] = text.split('\n', 1)
    if (!/\/sql\//.test(path)) {
      return /^--!?\s*\S/.test(header) ? [] : [found('begins without a comment: say what it is for, and why it is so')]
    }
    return [
      ...(named.has(name) || named.has(`${name}.sql`)
        ? []
        : [found('is used by no code: delete it, or name it where it is run')]),
      ...(header.startsWith(`-- ${name}.sql: `)
        ? []
        : [found(`begins without its header: "-- ${name}.sql: purpose. $1 …"`)]),
    ]
  })
}

function stringsOf(text: string): readonly string[] {
  const comments = commentsOf(text)
  return [...text.matchAll(/(['"`])((?:sql\/)?[\w./-]+)\1/g)]
    .filter((match) => comments.charAt(match.index) === ' ')
    .map((match) => posix.basename(match[2] ?? ''))
}
