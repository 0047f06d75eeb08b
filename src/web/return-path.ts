/** Where somebody goes on after a login: a place of this application, whatever the address said. */

const PATH_CHARS_MAX = 2_000
/** One that begins with `//` or `/\` names another host. */
const IS_HERE = /^\/(?![/\\])/

/** A path with its query, or `/` for everything that might lead elsewhere. */
export function returnPath(given: string | undefined, origin: string): string {
  if (given === undefined || given.length > PATH_CHARS_MAX || !IS_HERE.test(given)) return '/'
  // browsers drop tabs and line breaks, and take a backslash for a slash: what is left must still be ours
  if (/[\\\p{Cc}]/u.test(given) || !URL.canParse(given, origin)) return '/'
  const url = new URL(given, origin)
  const path = `${url.pathname}${url.search}${url.hash}`
  // asked again of the result: without its dots, /.//host is //host
  return url.origin === new URL(origin).origin && IS_HERE.test(path) ? path : '/'
}
