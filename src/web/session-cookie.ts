/**
 * The cookies of sessions and logins. Under https they have the prefix `__Host-`, which browsers hold to: only this host over
 * https can have set them. Plain http is for development, where some browsers would not keep such a cookie.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'

export interface CookieNames {
  readonly session: string
  readonly login: string
  readonly isSecure: boolean
}

export function cookieNames(origin: string): CookieNames {
  const isSecure = origin.startsWith('https:')
  const prefix = isSecure ? '__Host-' : ''
  return { session: `${prefix}session`, login: `${prefix}login`, isSecure }
}

/** Longer ones are none of ours. */
const VALUE_CHARS_MAX = 100

/** The value of a cookie. Undefined: there is none, or it came twice and nobody knows which is meant. */
export function readCookie(request: FastifyRequest, name: string): string | undefined {
  const given = (request.headers.cookie ?? '').split(';').filter((pair) => pair.trim().startsWith(`${name}=`))
  const [only, other] = given
  if (only === undefined || other !== undefined) return undefined
  const value = only.slice(only.indexOf('=') + 1).trim()
  return value.length <= VALUE_CHARS_MAX ? value : undefined
}

/** `maxAgeS`: without it, the cookie goes when the browser is closed. 0: it goes now. */
export function setCookie(
  reply: FastifyReply,
  name: string,
  value: string,
  options: { readonly isSecure: boolean; readonly maxAgeS: number },
): void {
  const { isSecure: secure, maxAgeS: maxAge } = options
  reply.setCookie(name, value, { path: '/', httpOnly: true, sameSite: 'lax', secure, maxAge })
}
