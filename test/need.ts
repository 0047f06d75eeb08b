/**
 * Programs that a test needs and npm does not bring. Where one is missing a user is told what to install and the test is
 * skipped; in CI (`CI` is set) that is a failure: a test that nobody runs proves nothing.
 */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Each program by the name that tests use: the file names it goes by, and the Debian package that brings it. */
const PROGRAMS = {
  chromium: { files: ['chromium', 'chromium-browser', 'google-chrome'], debian: 'chromium' },
  git: { files: ['git'], debian: 'git' },
  redis: { files: ['redis-server'], debian: 'redis-server' },
  // where Debian puts it, which is not in everybody's PATH
  nginx: { files: ['nginx', '../sbin/nginx'], debian: 'nginx-light' },
} as const satisfies Record<string, { readonly files: readonly string[]; readonly debian: string }>

export type Program = keyof typeof PROGRAMS

/** Where a program is; or, with `skip` being a sentence for the test's options, that it is missing. */
export type Need = { readonly path: string; readonly skip: false } | { readonly path: ''; readonly skip: string }

/**
 * Finds a program in PATH.
 *
 * @throws Error in CI when it is missing.
 * @example
 * const chromium = need('chromium')
 * test('a picture dropped on the page is uploaded', { skip: chromium.skip }, async () => {
 *   const browser = await launch({ executablePath: chromium.path })
 * })
 */
export function need(program: Program, env: Readonly<Record<string, string | undefined>> = process.env): Need {
  const { files, debian } = PROGRAMS[program]
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const path = files.flatMap((file) => folders.map((folder) => join(folder, file))).find(isExecutable)
  if (path !== undefined) return { path, skip: false }
  const sentence = `needs ${program}: install the Debian package ${debian} (apt-get install ${debian})`
  if (env['CI']) throw new Error(`this test ${sentence}; in CI a missing program is a failure`)
  return { path: '', skip: sentence }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
