/** What speaks TLS in front of an application, as in production, with a certificate that this process is made to trust. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'

export interface Terminator extends AsyncDisposable {
  /** Under which browsers reach it: https. */
  readonly origin: string
  /** Says where the application is. */
  leadTo(url: string): void
}

/** Listens on 127.0.0.1, and hands on every request as it is, but for its encryption. */
export async function tlsTerminator(): Promise<Terminator> {
  const { key, cert } = trusted()
  let target = ''
  const server = createServer({ key, cert }, (request, response) => {
    const { method, url: path, headers } = request
    const onward = httpRequest(target, { method, path, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', (error) => response.destroy(error))
    request.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    leadTo: (url) => {
      target = url
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

let made: ReturnType<typeof certificateFor> | undefined

/** One for all: two that say that they are the same would be taken for each other. */
function trusted(): ReturnType<typeof certificateFor> {
  if (made === undefined) {
    made = certificateFor([127, 0, 0, 1])
    setDefaultCACertificates([...getCACertificates('default'), made.cert])
  }
  return made
}

const SEQUENCE = 0x30
const SET = 0x31
const INTEGER = 0x02
const OID = 0x06
/** id-ecdsa-with-SHA256, id-at-commonName, id-ce-subjectAltName: as DER writes them. */
const OIDS = { signature: '2a8648ce3d040302', commonName: '550403', alternative: '551d11' } as const

/**
 * A certificate that has signed itself, for an address and all times. Node makes none, and one that lies in a file would
 * have its key beside it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280, section 4.1
 */
function certificateFor(address: readonly number[]): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = der(SEQUENCE, oid('signature'))
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, oid('commonName'), der(0x0c, Buffer.from('a test')))))
  const always = der(SEQUENCE, ...['20000101000000Z', '99991231235959Z'].map((at) => der(0x18, Buffer.from(at))))
  const addresses = der(SEQUENCE, der(0x87, Buffer.from(address)))
  const signed = der(
    SEQUENCE,
    der(0xa0, der(INTEGER, Buffer.from([2]))), // version 3
    der(INTEGER, Buffer.from([1])),
    ...[algorithm, name, always, name],
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(SEQUENCE, der(SEQUENCE, oid('alternative'), der(0x04, addresses)))),
  )
  const signature = der(0x03, Buffer.from([0]), sign('sha256', signed, privateKey))
  const base64 = der(SEQUENCE, signed, algorithm, signature).toString('base64')
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`,
  }
}

/** A tag, how long it is, and what is in it. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts)
  const bytes = body.length < 256 ? [body.length] : [body.length >> 8, body.length & 0xff]
  const length = body.length < 128 ? bytes : [0x80 + bytes.length, ...bytes]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}

function oid(name: keyof typeof OIDS): Buffer {
  return der(OID, Buffer.from(OIDS[name], 'hex'))
}
