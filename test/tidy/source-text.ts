/**
 * Source code with everything blanked that only looks like code: TypeScript 7 has no compiler API to ask, and a rule that
 * fires on a word in a comment teaches people to ignore it.
 */

export interface SourceFile {
  /** From the root of the repository, with forward slashes. */
  readonly path: string
  readonly text: string
}

/**
 * True for code that is there for tests only and is left out of the tarball (tsconfig.build.json names the same files): tests,
 * what they run (`fixture/`, `fixture-….ts`) and what several of them share (`…-test-kit.ts`).
 */
export function isTestCode(path: string): boolean {
  return /\.test\.ts$|\/fixture\/|\/fixture-[\w-]+\.ts$|-test-kit\.ts$/.test(path)
}

/** Something a rule found, with what to do instead. */
export interface Finding {
  readonly file: string
  readonly rule: string
  readonly message: string
}

/** The 1-based line of a position. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}

/**
 * The text with comments, regular expressions and the insides of strings as blanks. Length, line breaks and quotes stay,
 * so that a position found in it is a position in the text. The `${…}` parts of a template are code and stay.
 */
export function codeOf(text: string): string {
  const known = codeByText.get(text)
  if (known !== undefined) return known
  const code = only('code', text)
  codeByText.set(text, code)
  return code
}

/** Every rule asks for the code of every file. */
const codeByText = new Map<string, string>()

/** The text with everything but its comments as blanks. */
export function commentsOf(text: string): string {
  return only('comment', text)
}

type Kind = 'code' | 'comment' | 'literal'

interface Stretch {
  readonly kind: Kind
  readonly from: number
  readonly to: number
}

function only(kind: Kind, text: string): string {
  const parts = stretchesOf(text).map((s) => {
    const part = text.slice(s.from, s.to)
    return s.kind === kind ? part : part.replaceAll(/[^\n]/g, ' ')
  })
  return parts.join('')
}

/** Cuts the text into stretches of one kind, without gaps. */
function stretchesOf(text: string): readonly Stretch[] {
  const stretches: Stretch[] = []
  /** One entry per open template: how many braces are open inside its current `${…}`. */
  const templates: number[] = []
  let at = 0
  const cut = (kind: Kind, to: number) => {
    const last = stretches.at(-1)
    if (last?.kind === kind) stretches[stretches.length - 1] = { ...last, to }
    else stretches.push({ kind, from: at, to })
    at = to
  }
  const cutTemplateText = () => {
    cut('code', at + 1)
    cut('literal', endOfTemplateText(text, at))
    const opensPart = text.charAt(at) === '$'
    if (opensPart) templates.push(0)
    cut('code', Math.min(at + (opensPart ? 2 : 1), text.length))
  }
  while (at < text.length) {
    const c = text.charAt(at)
    if (text.startsWith('//', at)) cut('comment', endOf(text, at, '\n'))
    else if (text.startsWith('/*', at)) cut('comment', Math.min(endOf(text, at + 2, '*/') + 2, text.length))
    else if (c === '/' && startsRegExp(text, at, stretches)) cut('literal', endOfRegExp(text, at))
    else if (c === "'" || c === '"') {
      const end = endOfString(text, at)
      cut('code', at + 1)
      cut('literal', Math.max(at, end - 1))
      cut('code', end)
    } else if (c === '`') cutTemplateText()
    else if (c === '}' && templates.at(-1) === 0) {
      templates.pop()
      cutTemplateText()
    } else {
      if (templates.length > 0 && c === '{') templates.push((templates.pop() ?? 0) + 1)
      if (templates.length > 0 && c === '}') templates.push((templates.pop() ?? 0) - 1)
      cut('code', at + 1)
    }
  }
  return stretches
}

const BEFORE_REGEXP = /[(,=:[!&|?{};+\-*%>~^]$|\b(return|typeof|case|in|of|void|delete|await|yield|throw|else|do)$/
/** How many characters before a slash tell what the slash is: enough for the longest word above. */
const LOOK_BACK = 12

function startsRegExp(text: string, at: number, before: readonly Stretch[]): boolean {
  const code = before.slice(-LOOK_BACK).map(({ kind, from, to }) => {
    if (kind === 'comment') return ' '
    return kind === 'code' ? text.slice(Math.max(from, to - LOOK_BACK), to) : ''
  })
  const last = code.join('').trimEnd()
  if (text.charAt(at + 1) === '>' || last.endsWith('<')) return false // JSX: <br/> and </p>
  return last === '' || BEFORE_REGEXP.test(last)
}

function endOf(text: string, from: number, mark: string): number {
  const found = text.indexOf(mark, from)
  return found === -1 ? text.length : found
}

function endOfRegExp(text: string, from: number): number {
  let inClass = false
  for (let i = from + 1; i < text.length; i++) {
    const c = text.charAt(i)
    if (c === '\n') return i
    if (c === '\\') i++
    else if (c === '[') inClass = true
    else if (c === ']') inClass = false
    else if (c === '/' && !inClass) return i + (/^[a-z]*/.exec(text.slice(i + 1, i + 9))?.[0].length ?? 0) + 1
  }
  return text.length
}

/** A string ends at its quote, or at the end of the line: then it was an apostrophe in JSX text. */
function endOfString(text: string, from: number): number {
  const quote = text.charAt(from)
  for (let i = from + 1; i < text.length; i++) {
    const c = text.charAt(i)
    if (c === '\\') i++
    else if (c === quote) return i + 1
    else if (c === '\n') return i
  }
  return text.length
}

function endOfTemplateText(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const c = text.charAt(i)
    if (c === '\\') i++
    else if (c === '`' || text.startsWith('${', i)) return i
  }
  return text.length
}
