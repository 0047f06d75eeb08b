/** Rules about text: length, unfinished business, and what only one machine knows. */
import { commentsOf, type Finding, lineAt, type SourceFile } from './source-text.ts'

export const FILE_LINES_MAX = 300

const isCode = (path: string) => /\.(ts|tsx|mjs|js|sql)$/.test(path)

/** Past the limit there is a second idea in the file. */
export function checkLength(files: readonly SourceFile[]): readonly Finding[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.trimEnd().split('\n').length
    if (!isCode(path) || lines <= FILE_LINES_MAX) return []
    const message = `has ${lines} lines, more than ${FILE_LINES_MAX}: find its second idea and give it a file of its own`
    return [{ file: path, rule: 'length', message }]
  })
}

const UNFINISHED = /\b(TODO|FIXME|XXX|HACK)\b(?!\s*\(?#\d+)/g

/** What is left to do is an issue; the comment names it. */
export function checkUnfinished(files: readonly SourceFile[]): readonly Finding[] {
  return files.flatMap(({ path, text }) => {
    if (!isCode(path)) return []
    const comments = /\.(sql|css)$/.test(path) ? text : commentsOf(text)
    return [...comments.matchAll(UNFINISHED)].map((match) => ({
      file: path,
      rule: 'unfinished',
      message: `line ${lineAt(text, match.index)} has ${match[0]} without an issue: do it, or open one and write ${match[0]}(#number)`,
    }))
  })
}

const MACHINE_PATH = /(?<![\w.~-])\/(work|root|home\/[a-z][\w-]*)\/[\w.-]/g
const REGISTRY = /\b(registry\.[a-z0-9-]+\.[a-z]+|(artifactory|nexus|verdaccio)\.[\w.-]+)/g

/** A path or a package mirror of somebody's machine helps nobody else. The lockfile has its own rule. */
export function checkMachineTraces(files: readonly SourceFile[]): readonly Finding[] {
  return files.flatMap(({ path, text }) => {
    if (path.endsWith('package-lock.json')) return []
    const found = (match: RegExpExecArray, instead: string): Finding => ({
      file: path,
      rule: 'machine',
      message: `line ${lineAt(text, match.index)} names ${match[0]}: ${instead}`,
    })
    return [
      ...[...text.matchAll(MACHINE_PATH)].map((m) =>
        found(m, 'say it relative to the repository, or use a temporary folder'),
      ),
      ...[...text.matchAll(REGISTRY)].map((m) => found(m, "leave the registry to npm's own configuration")),
    ]
  })
}
