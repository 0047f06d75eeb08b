/** Conditional requests (RFC 9110, section 13): nobody overwrites what they have not seen, nobody reads twice. */
import { strict as assert } from 'node:assert'
import type { FastifyRequest } from 'fastify'
import { webErrors } from './errors.ts'

/**
 * The entity tag of a version of a resource: any number or short text that changes with it.
 *
 * @example reply.header('etag', etagOf(album.version))
 */
export function etagOf(version: string | number | bigint): string {
  const text = String(version)
  assert.match(text, /^[\x21\x23-\x7e]{1,100}$/, 'a version is 1 to 100 visible characters without quotes')
  return `"${text}"`
}

/**
 * Lets a change pass only when the client has seen the present version.
 *
 * @throws MILLRACE_WEB_IF_MATCH_MISSING (428), MILLRACE_WEB_IF_MATCH_FAILED (412)
 * @example requireIfMatch(request, etagOf(album.version))
 */
export function requireIfMatch(request: FastifyRequest, etag: string): void {
  const given = request.headers['if-match']
  if (given === undefined) throw webErrors.MILLRACE_WEB_IF_MATCH_MISSING({})
  // strong comparison: a weak tag never matches
  if (given.trim() !== '*' && !tagsOf(given).includes(etag)) throw webErrors.MILLRACE_WEB_IF_MATCH_FAILED({})
}

/**
 * True when the client has this version already: answer 304.
 *
 * @example
 * reply.header('etag', etag)
 * if (isUnchanged(request, etag)) return reply.code(304).send()
 */
export function isUnchanged(request: FastifyRequest, etag: string): boolean {
  const given = request.headers['if-none-match']
  if (given === undefined) return false
  const strong = (tag: string): string => tag.replace(/^W\//, '')
  return given.trim() === '*' || tagsOf(given).some((tag) => strong(tag) === strong(etag))
}

function tagsOf(header: string): readonly string[] {
  return header.match(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g) ?? []
}
