/** Settings that say by what addresses the application is reached, and whom it believes. */
import { isIP } from 'node:net'
import type { Setting, SettingOptions } from '../kernel/settings.ts'

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1', '[::1]'])
const NETWORKS: ReadonlySet<string> = new Set(['loopback', 'linklocal', 'uniquelocal'])

/** An origin: scheme, host and port, nothing after it. */
export function originSetting(options: SettingOptions<undefined>): Setting<string | undefined> {
  return {
    secret: false,
    ...options,
    parse(text) {
      const url = URL.canParse(text) ? new URL(text) : undefined
      const isOrigin = url !== undefined && ['http:', 'https:'].includes(url.protocol) && url.username === ''
      if (isOrigin && (url.origin === text || `${url.origin}/` === text)) return url.origin
      throw new Error('an origin, such as https://photos.example.com, without a path')
    },
  }
}

/** A provider whose answers nobody on the way can change. */
export function issuerSetting(options: SettingOptions<undefined>): Setting<string | undefined> {
  return {
    secret: false,
    ...options,
    parse(text) {
      const url = URL.canParse(text) ? new URL(text) : undefined
      const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))
      if (isSafe && url?.search === '' && url.hash === '' && url.username === '') return text
      throw new Error('an https:// address without a query (http:// only on this machine)')
    },
  }
}

/** Whether only this machine can be meant by a host name or address. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host)
}

/** Addresses and networks; the number of proxies is not enough: whoever comes directly would be believed as well. */
export function addressesSetting(options: SettingOptions<readonly []>): Setting<readonly string[]> {
  return {
    secret: false,
    ...options,
    parse(text) {
      const all = text.split(',').map((part) => part.trim())
      if (all.every(isAddress)) return all
      throw new Error('IP addresses, networks such as 10.0.0.0/8, or loopback, linklocal, uniquelocal')
    },
  }
}

function isAddress(text: string): boolean {
  if (NETWORKS.has(text)) return true
  const [address = '', bits, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more.length > 0) return false
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128) && Number(bits) >= 1)
  )
}
