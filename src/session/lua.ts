/** Scripts that Redis runs as one, from `.lua` files: a missing file fails the start, not a user. */
import { readFileSync } from 'node:fs'

/** @example const endScript = lua(import.meta.url, 'lua/end-session.lua') */
export function lua(moduleUrl: string, path: string): string {
  return readFileSync(new URL(path, moduleUrl), 'utf8')
}
