import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import { nearest } from './nearest.ts'

test('the name that was meant is found when it is near, and no other', () => {
  const known = ['images', 'imports', 'mail', 'default']
  assert.equal(nearest('imagse', known), 'images')
  assert.equal(nearest('maill', known), 'mail')
  assert.equal(nearest('import', known), 'imports')
  assert.equal(nearest('images', known), 'images')
  assert.equal(nearest('something else', known), undefined)
  assert.equal(nearest('', []), undefined)
})
