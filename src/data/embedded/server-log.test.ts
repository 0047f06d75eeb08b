import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import { test } from 'node:test'
import { pino } from 'pino'
import { LAST_LINES_MAX, LINE_CHARS_MAX, ServerLog } from './server-log.ts'

/** Feeds chunks to a log and returns [level, message] of each line. */
async function linesOf(chunks: readonly string[]) {
  const written: [string, string][] = []
  const names = pino().levels.labels
  const sink = {
    write: (line: string) =>
      void written.push(((l) => [names[l.level] ?? '', l.msg] as [string, string])(JSON.parse(line))),
  }
  const output = new ServerLog(pino({ level: 'trace' }, sink), () => {})
  const stream = new PassThrough()
  output.follow(stream)
  for (const chunk of chunks) stream.write(chunk)
  stream.end()
  await finished(stream)
  return { written, lastLines: output.lastLines }
}

test('lines come at the level that their reader would give them, details with what they explain', async () => {
  const { written } = await linesOf([
    '[postmaster 7] LOG:  database system is ready\n[client backend 9] ERROR:  duplicate key\n[client ba',
    'ckend 9] DETAIL:  Key (id)=(1)\n[checkpointer 8] ERROR:  could not write\n[checkpointer 8] HINT:  make room\n\tand more\n',
    '[postmaster 7] LOG:  server process (PID 9) was terminated by signal 9: Killed\n',
    '[startup 10] LOG:  database system was not properly shut down; automatic recovery in progress\n',
    '[client backend 11] FATAL:  the database system is starting up\npostgres: FATAL that is no line of the log\n',
  ])
  assert.deepEqual(written, [
    ['debug', 'database system is ready'],
    ['debug', 'duplicate key'],
    ['debug', '[client backend 9] DETAIL:  Key (id)=(1)'],
    ['error', 'could not write'],
    ['error', '[checkpointer 8] HINT:  make room'],
    ['error', 'and more'],
    ['warn', 'server process (PID 9) was terminated by signal 9: Killed'],
    ['info', 'database system was not properly shut down; automatic recovery in progress'],
    ['debug', 'the database system is starting up'],
    ['debug', 'postgres: FATAL that is no line of the log'],
  ])
})

test('a line without end is cut, and what follows it is read again', async () => {
  const { written } = await linesOf(['x'.repeat(LINE_CHARS_MAX), 'y'.repeat(LINE_CHARS_MAX), 'z\nnext\n'])
  assert.deepEqual(
    written.map(([, text]) => text),
    ['x'.repeat(LINE_CHARS_MAX), 'next'],
  )
})

test('the newest lines are kept, and no more', async () => {
  const lines = Array.from({ length: LAST_LINES_MAX + 1 }, (_, index) => `line ${index}`)
  const { lastLines } = await linesOf([lines.join('\n')])
  assert.deepEqual(lastLines, lines.slice(1))
})
