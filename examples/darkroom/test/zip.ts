/** ZIP archives for tests, made by hand: good ones, and such as no good program would write. */
import { crc32, deflateRawSync } from 'node:zlib'

export interface ZippedFile {
  /** Bytes: in an encoding that the archive does not tell. */
  readonly name: string | Uint8Array
  readonly bytes: Uint8Array
  /** 0 stored, 8 deflated, anything else is only said. */
  readonly method?: number
  /** What the archive says of the file in place of the truth. */
  readonly said?: {
    readonly bytes?: number
    readonly crc32?: number
    readonly isEncrypted?: boolean
    /** A symbolic link of Unix, to what its bytes say. */
    readonly isLink?: boolean
    /** Where the file begins: that of another one makes them share their content. */
    readonly offset?: number
  }
}

const UTF8 = 0x800
const ENCRYPTED = 0x1
const VERSION = 20
/** Its mode, in the upper half. */
const UNIX_LINK = 0o120777 * 2 ** 16

/** The bytes of an archive. `count` says in place of the truth how many files it has. */
export function zip(files: readonly ZippedFile[], said: { readonly count?: number } = {}): Uint8Array<ArrayBuffer> {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const file of files) {
    const name = Buffer.from(file.name)
    const { method = 8 } = file
    const packed = method === 8 ? deflateRawSync(file.bytes) : Buffer.from(file.bytes)
    const facts = Buffer.alloc(26)
    facts.writeUInt16LE(VERSION, 0)
    facts.writeUInt16LE(
      (typeof file.name === 'string' ? UTF8 : 0) | (file.said?.isEncrypted === true ? ENCRYPTED : 0),
      2,
    )
    facts.writeUInt16LE(method, 4)
    facts.writeUInt32LE(file.said?.crc32 ?? crc32(file.bytes), 10)
    facts.writeUInt32LE(packed.length, 14)
    facts.writeUInt32LE(file.said?.bytes ?? file.bytes.length, 18)
    facts.writeUInt16LE(name.length, 22)
    const place = Buffer.alloc(14)
    if (file.said?.isLink === true) place.writeUInt32LE(UNIX_LINK, 6)
    place.writeUInt32LE(file.said?.offset ?? at, 10)
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), facts, name, packed)
    directory.push(
      Buffer.from(`PK\x01\x02\x14${file.said?.isLink === true ? '\x03' : '\x00'}`, 'latin1'),
      facts,
      place,
      name,
    )
    at += 4 + facts.length + name.length + packed.length
  }
  const listed = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(said.count ?? files.length, 8)
  end.writeUInt16LE(said.count ?? files.length, 10)
  end.writeUInt32LE(listed.length, 12)
  end.writeUInt32LE(at, 16)
  return new Uint8Array(Buffer.concat([...parts, listed, end]))
}
