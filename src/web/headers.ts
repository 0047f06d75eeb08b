/** Headers that every answer has, whoever makes it. */
import type { ServerResponse } from 'node:http'

/**
 * Scripts, styles and connections only from ourselves, nothing inline; pictures may also be made in the page (previews of
 * what is about to be uploaded). On JSON it does no harm, and on an answer that a browser takes for a page it is the net.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

const COMMON: readonly (readonly [string, string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'same-origin'],
  ['content-security-policy', CONTENT_SECURITY_POLICY],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
]
const HTTPS_ONLY = ['strict-transport-security', 'max-age=63072000; includeSubDomains'] as const

/** The security headers of an application that is reached under `origin`. */
export function securityHeaders(origin: string | undefined): readonly (readonly [string, string])[] {
  return origin?.startsWith('https:') ? [...COMMON, HTTPS_ONLY] : COMMON
}

export function setAll(response: ServerResponse, headers: readonly (readonly [string, string])[]): void {
  for (const [name, value] of headers) response.setHeader(name, value)
}
