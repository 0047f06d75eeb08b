/** `npm run docs`: writes docs/settings.md from the table of settings. test/tidy.test.ts fails when the page is stale. */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SETTINGS } from '../src/app/settings.ts'

/** Where the page lies. */
export const SETTINGS_PAGE = join(dirname(import.meta.dirname), 'docs', 'settings.md')

const HEAD = `# Settings

Settings are environment variables, read once when a process starts. An empty one counts as absent. All mistakes are
reported together, and \`millrace check\` looks at them without starting anything.

This page is written by \`npm run docs\` from \`src/app/settings.ts\`: edit that.

| variable | what it is for | without it |
|---|---|---|
`

/** The page as it should be. */
export function settingsPage(): string {
  const rows = Object.entries(SETTINGS).map(([name, { about, fallback }]) => {
    const otherwise = fallback === undefined ? '' : `\`${String(fallback)}\``
    return `| \`${name}\` | ${about.replaceAll('|', '\\|')} | ${otherwise} |`
  })
  return `${HEAD}${rows.join('\n')}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(SETTINGS_PAGE, settingsPage())
  console.log(`${Object.keys(SETTINGS).length} settings written to docs/settings.md`)
}
