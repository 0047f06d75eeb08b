/** What docs/payloads.md shows is what runs: its task, its command and its statement are taken from the page, or compared with it. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { z } from 'zod'
import { task } from '../src/contract/task.ts'
import { newKey, payloadQueue } from '../src/queue/payload/payload-test-kit.ts'
import { INLINE_BYTES_MAX, PAYLOAD_BYTES_MAX } from '../src/queue/payload/payloads.ts'

const root = dirname(import.meta.dirname)
const page = readFileSync(join(root, 'docs', 'payloads.md'), 'utf8')

// example
const sendLetter = task('letter.send', {
  input: z.object({ to: z.email(), body: z.string() }),
  encrypted: true,
})
// end of example

/** The first block of a language whose text has `words` in it. */
function block(language: string, words: string): string {
  const blocks = [...page.matchAll(/```(\w+)\n(.*?)```/gs)]
  return blocks.find(([, kind, text]) => kind === language && text?.includes(words))?.[2] ?? ''
}

describe('the page on payloads', () => {
  test('declares a task as this test does', () => {
    const here = /^\/\/ example\n(.*?)^\/\/ end of example$/ms.exec(readFileSync(import.meta.filename, 'utf8'))?.[1]
    assert.equal(block('ts', 'letter.send'), here)
  })

  test('makes a key that PAYLOAD_KEYS takes, and its statement finds what needs an old one', async () => {
    const code = /^node -e "(.*)"$/m.exec(block('sh', 'node -e'))?.[1] ?? ''
    const made = execFileSync(process.execPath, ['-e', code], { encoding: 'utf8' }).trim()
    const old = `2026-03:${made}`
    await using t = await payloadQueue([sendLetter])
    const letter = (chars: number) => ({ to: 'ada@example.com', body: 'x'.repeat(chars) })
    const left = async (): Promise<number> => {
      const { rows } = await t.q.db.query<{ count: string }>(block('sql', 'millrace.entry'))
      return Number(rows[0]?.count)
    }
    await t.side(`${newKey('2027-03')},${old}`).submitMany(sendLetter, [letter(1), letter(INLINE_BYTES_MAX)])
    assert.equal(await left(), 0)
    await t.side(old).submit(sendLetter, letter(1), { delayMs: 60_000 })
    await t.side(old).submit(sendLetter, letter(INLINE_BYTES_MAX))
    await t.side(old).submitMany(sendLetter, [letter(1), letter(2)])
    assert.equal(await left(), 3, 'one deferred, one in a blob, and a pack')
  })

  test('names the bounds that hold', () => {
    assert.ok(page.includes(`more than ${INLINE_BYTES_MAX / 1024} KiB`))
    assert.ok(page.includes(`up to ${PAYLOAD_BYTES_MAX / 1024 / 1024} MiB`))
  })
})
