import { strict as assert } from 'node:assert'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { kindOf } from '../contract/kinds.ts'
import { cursor, cursorOf } from './cursor.ts'

describe('a cursor', () => {
  test('comes back as the place that it was made of', () => {
    const place = { id: randomUUID(), at: new Date('1931-02-03T04:05:06.789Z') }
    assert.deepEqual(cursor.parse(cursorOf(place)), place)
  })

  test('V8: that we did not make is refused', () => {
    const real = cursorOf({ id: randomUUID(), at: new Date() })
    const forged = ['', 'x', `${real}A`, real.slice(1), real.toUpperCase(), 'a'.repeat(201)]
    const texts = ['2026-01-01T00:00:00.000Z not-an-id', `today ${randomUUID()}`, `2026-01-01 ${randomUUID()}`, '\0 \0']
    texts.push(`-004800-01-01T00:00:00.000Z ${randomUUID()}`, `+010000-01-01T00:00:00.000Z ${randomUUID()}`)
    for (const text of [...forged, ...texts.map((text) => Buffer.from(text).toString('base64url'))])
      assert.equal(cursor.safeParse(text).success, false, text)
  })

  test('that is taken names a moment that PostgreSQL has', () => {
    const years = fc.record({ at: fc.date({ noInvalidDate: true }), id: fc.uuid() })
    fc.assert(
      fc.property(years, (made) => {
        const taken = cursor.safeParse(cursorOf(made))
        assert.equal(taken.success, /^\d{4}-/.test(made.at.toISOString()), made.at.toISOString())
      }),
      { numRuns: 500 },
    )
  })
})

describe('the kind of a file', () => {
  const head = (text: string) => Buffer.from(text.padEnd(64, '\0'), 'latin1')

  test('is told by its first bytes', async () => {
    const kinds = {
      'image/jpeg': '\xff\xd8\xff\xe0\0\x10JFIF\0',
      'image/gif': 'GIF89a',
      'image/webp': 'RIFF\x20\0\0\0WEBPVP8 ',
      'image/avif': '\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf',
      'image/tiff': 'II*\0\xf0\xff\xff\0',
      'image/png': '\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDAT',
    }
    for (const [kind, bytes] of Object.entries(kinds)) assert.equal(await kindOf(head(bytes)), kind)
  })

  test('is none for what is no picture, or a kind that is not accepted', async () => {
    const others = [
      '',
      'hello',
      '<svg xmlns="http://www.w3.org/2000/svg"/>',
      '<?xml version="1.0"?><svg',
      '%PDF-1.7',
      'MZ\x90',
    ]
    for (const bytes of [...others, '\0\0\0\x18ftypheic\0\0\0\0heicmif1', 'PK\x03\x04', 'BM\x36\0'])
      assert.equal(await kindOf(head(bytes)), undefined, bytes)
  })
})
