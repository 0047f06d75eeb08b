import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { pino } from 'pino'
import type { Log } from '../kernel/log.ts'
import { RequestLog } from './request-log.ts'

function lines(): { readonly log: Log; readonly said: Record<string, unknown>[] } {
  const said: Record<string, unknown>[] = []
  const log: Log = pino(
    { level: 'info', base: null, timestamp: false },
    { write: (line) => said.push(JSON.parse(line)) },
  )
  return { log, said }
}

test("the log of a request says what it is told with the request's own facts", () => {
  const { log, said } = lines()
  const requestLog = new RequestLog(log, { requestId: 'r1' }, {})
  requestLog.warn({ why: 'x' }, 'slow')
  requestLog.child({ part: 'p' }).error('gone')
  requestLog.debug('nobody listens to this')
  assert.deepEqual(said, [
    { level: 40, requestId: 'r1', why: 'x', msg: 'slow' },
    { level: 50, requestId: 'r1', part: 'p', msg: 'gone' },
  ])
})

test('a request of which nothing is said makes no log of its own', () => {
  const { log } = lines()
  let made = 0
  const counting = new Proxy(log, {
    get: (target, name) => {
      if (name === 'child') made += 1
      return Reflect.get(target, name) as unknown
    },
  })
  const requestLog = new RequestLog(counting, {}, {})
  requestLog.debug('nobody listens to this')
  assert.equal(made, 0)
})
