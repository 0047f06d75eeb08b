/**
 * `npm run build`: src/ → dist/ as JavaScript with declarations, and the files beside it that are read at run time.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(import.meta.dirname)

/** What the code reads at run time from beside itself, and which therefore goes to dist/ as it is. */
export const ASSET_EXTENSIONS: readonly string[] = ['.sql', '.css', '.lua']

/** Builds dist/ from nothing. @throws Error when the code has type errors; tsc has named them on the terminal. */
export function build(): void {
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
  if (status !== 0) throw new Error('tsc found errors, see above')
  for (const file of globSync(
    ASSET_EXTENSIONS.map((extension) => `**/*${extension}`),
    { cwd: join(root, 'src') },
  )) {
    cpSync(join(root, 'src', file), join(root, 'dist', file))
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    build()
  } catch (thrown) {
    console.error(`millrace: not built: ${(thrown as Error).message}`)
    process.exitCode = 1
  }
}
