/** Headers that every answer has, whoever makes it. */
import { type IncomingMessage, type OutgoingHttpHeader, ServerResponse } from 'node:http'

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

/** The same for a page of which single inline scripts and styles may run: those that carry this nonce. */
export function policyWithNonce(nonce: string): string {
  return CONTENT_SECURITY_POLICY.replaceAll(/(script|style)-src 'self'/g, `$1-src 'self' 'nonce-${nonce}'`)
}

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

/**
 * Answers that all have these headers, unless they were given others of the name. They are added when the head is written:
 * a header that is set before makes Node check and copy all of them one by one.
 */
export function responseWith(common: readonly (readonly [string, string])[]): typeof ServerResponse<IncomingMessage> {
  return class CommonResponse extends ServerResponse<IncomingMessage> {
    override writeHead(status: number, ...rest: readonly unknown[]): this {
      const [given] = rest
      const isFresh = rest.length === 1 && !this.headersSent && this.getHeaderNames().length === 0
      if (isFresh && typeof given === 'object' && given !== null && !Array.isArray(given)) {
        const names = new Set(Object.keys(given).map((name) => name.toLowerCase()))
        const head: unknown[] = []
        for (const [name, value] of common) if (!names.has(name)) head.push(name, value)
        for (const [name, value] of Object.entries(given)) head.push(name, value)
        return super.writeHead(status, head as OutgoingHttpHeader[])
      }
      if (!this.headersSent) for (const [name, value] of common) if (!this.hasHeader(name)) this.setHeader(name, value)
      return Reflect.apply(super.writeHead, this, [status, ...rest])
    }
  }
}
