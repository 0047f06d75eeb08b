/** What is logged ends no line and steers no terminal, whoever wrote it. */
import { strict as assert } from 'node:assert'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import type { LogFormat } from './log.ts'

const HOSTILE = 'curl\r\n{"level":60,"msg":"forged"}\n\u001b[2J\u001b]0;owned\u0007\u009b1m\u0085\u2028\u2029\u202e'

/** The lines of a process that logs it as a fact, as a sentence, and as an error. */
async function linesIn(format: LogFormat): Promise<readonly string[]> {
  const program = `
    import { openLog } from ${JSON.stringify(new URL('log.ts', import.meta.url).href)}
    const hostile = ${JSON.stringify(HOSTILE)}
    const log = openLog({ name: 'web', level: 'info', format: '${format}' })
    log.info({ agent: hostile, [hostile]: { deep: hostile } }, 'a fact')
    log.warn('a sentence ' + hostile)
    log.error({ err: new Error(hostile) }, 'an error')
  `
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
  return stdout.trimEnd().split('\n')
}

test('G2: a line as JSON is one line, which says what was said and nothing that was forged', async () => {
  const lines = (await linesIn('json')).map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual(
    lines.map(({ level }) => level),
    [30, 40, 50],
  )
  assert.deepEqual([lines[0]?.['agent'], lines[1]?.['msg']], [HOSTILE, `a sentence ${HOSTILE}`])
})

test('G2: a line for people is one line, and shows what would steer their terminal', async () => {
  const lines = await linesIn('text')
  assert.match(lines[0] ?? '', /^a fact agent=curl\\x0d\\x0a\{"level":60,"msg":"forged"\}\\x0a\\x1b\[2J/)
  assert.match(lines[1] ?? '', /^warning a sentence curl\\x0d\\x0a/)
  assert.match(lines[2] ?? '', /^ERROR an error$/)
  for (const line of lines) assert.doesNotMatch(line, /[\p{Cc}\p{Zl}\p{Zp}\u202e]/u)
  // an error has lines of its own, all of them set in
  assert.ok(lines.slice(3).every((line) => line.startsWith('  ')))
})
