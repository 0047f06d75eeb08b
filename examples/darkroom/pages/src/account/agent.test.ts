import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agentText } from './agent.ts'

const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1'

test('a browser is called by its own name, not by those it claims besides', () => {
  assert.equal(agentText(CHROME), 'Chrome on Linux')
  assert.equal(agentText(`${CHROME} Edg/140.0.0.0`), 'Edge on Linux')
  assert.equal(agentText(SAFARI), 'Safari on iPhone')
  assert.equal(agentText('Mozilla/5.0 (Windows NT 10.0; rv:143.0) Gecko/20100101 Firefox/143.0'), 'Firefox on Windows')
})

test('what is no browser is called what it says, cut short', () => {
  assert.equal(agentText('curl/8.5.0'), 'curl/8.5.0')
  assert.equal(agentText('x'.repeat(500)).length, 60)
  assert.equal(agentText(''), 'Unknown browser')
})
