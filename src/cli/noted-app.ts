/** Which application was started here: what is typed beside it need not say it again. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from '../data/embedded/home-folders.ts'
import { newRandomId } from '../kernel/ids.ts'

const FILE = 'app'

/** Takes down the file of the application that runs with this home, as an absolute path. */
export function noteApp(home: string, appPath: string): void {
  const draft = join(home, `${FILE}.${newRandomId()}.new`)
  try {
    makeFolder(home)
    // in place of one that root may have left: a file of another user cannot be written, but replaced
    writeFileSync(draft, appPath, { flag: 'wx' })
    renameSync(draft, join(home, FILE))
  } catch {
    // with a database of its own it may run where nothing can be written: then --app has to be said
  }
}

/** The application that was started last with this home. Undefined: none was, or its file is gone. */
export function notedApp(home: string): string | undefined {
  const file = join(home, FILE)
  const appPath = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  return appPath !== undefined && existsSync(appPath) ? appPath : undefined
}
