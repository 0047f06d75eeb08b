/**
 * `npm run docs`: writes docs/errors.md from the codes that src/ declares. test/tidy.test.ts fails when the page is stale.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { errorCatalogue } from '../src/kernel/errors.ts'

const root = dirname(import.meta.dirname)

/** Where the page lies. */
export const ERROR_PAGE = join(root, 'docs', 'errors.md')

/** The page as it should be: every code by box, with its remedy. Imports every file that declares some. */
export async function errorPage(): Promise<string> {
  const files = globSync('src/**/*.ts', { cwd: root })
    .filter((file) => !file.endsWith('.test.ts'))
    .map((file) => ({ file, codes: codesDeclaredIn(readFileSync(join(root, file), 'utf8')) }))
    .filter(({ codes }) => codes.length > 0)
    .sort((a, b) => (a.file < b.file ? -1 : 1))
  for (const { file } of files) await import(pathToFileURL(join(root, file)).href)
  return `${HEAD}\n${files.map(({ file, codes }) => section(file, codes)).join('\n')}`
}

const HEAD = `# Error codes

Every error that Millrace throws on purpose is a \`MillraceError\`: a stable \`code\`, a message with the actual values, a
\`remedy\`, and \`retryable\`, which says whether the same call can succeed later. Over HTTP the code stands in the problem
details (RFC 9457). A code is never reused for something else.

This page is written by \`npm run docs\` from the declarations: edit those.
`

function codesDeclaredIn(text: string): readonly string[] {
  if (!/^(export )?const \w+ = defineErrors\(/m.test(text)) return []
  return [...text.matchAll(/^ {2}(MILLRACE_\w+): \{/gm)].map((match) => match[1] ?? '').sort()
}

function section(file: string, codes: readonly string[]): string {
  const rows = codes.map((code) => {
    const declared = errorCatalogue().get(code)
    if (declared === undefined) throw new Error(`${file} names ${code} like a declaration, but does not declare it`)
    return `| \`${code}\` | ${declared.remedy.replaceAll('|', '\\|')} | ${declared.retryable ? 'yes' : 'no'} |`
  })
  const head = `## ${file.split('/')[1]}\n\nDeclared in \`${file}\`.\n`
  return `${head}\n| code | what to do | can trying again help? |\n|---|---|---|\n${rows.join('\n')}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(ERROR_PAGE, await errorPage())
  console.log(`${errorCatalogue().size} error codes written to docs/errors.md`)
}
