import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Copies } from './copies.ts'

/** Copies that are made when the test says so; `asked` holds those that are being made. */
function copies() {
  const asked: PromiseWithResolvers<string>[] = []
  return {
    asked,
    copies: new Copies(() => {
      const made = Promise.withResolvers<string>()
      asked.push(made)
      return made.promise
    }),
  }
}

describe('copies of a template', () => {
  test('are made ahead, one at a time, for who has taken two', async () => {
    const { asked, copies: c } = copies()
    const take = async (name: string): Promise<string> => {
      const taken = c.take()
      asked.at(-1)?.resolve(name)
      return taken
    }
    assert.equal(await take('first'), 'first')
    assert.equal(asked.length, 1, 'one test alone makes nothing ahead')
    assert.equal(await take('second'), 'second')
    assert.equal(asked.length, 3)
    assert.equal(await take('spare'), 'spare', 'it was begun before it was asked for')
    assert.equal(asked.length, 4)
  })

  test('are never given to two who ask at the same time', async () => {
    const { asked, copies: c } = copies()
    const taken = [c.take(), c.take(), c.take()]
    for (const [n, made] of asked.entries()) made.resolve(`copy ${n}`)
    assert.equal(new Set(await Promise.all(taken)).size, 3)
    assert.equal(asked.length, 4, 'and one is made ahead')
  })

  test('are made anew when the one made ahead has failed', async () => {
    const { asked, copies: c } = copies()
    const [one, two] = [c.take(), c.take()]
    for (const made of asked) made.resolve('a copy')
    await Promise.all([one, two])
    asked[2]?.reject(new Error('no room'))
    const third = c.take()
    await assert.rejects(asked[2]?.promise ?? Promise.resolve())
    asked[3]?.resolve('third')
    assert.equal(await third, 'third')
  })

  test('that were made ahead are given up only once, and never to be taken as well', async () => {
    const { asked, copies: c } = copies()
    const [one, two] = [c.take(), c.take()]
    for (const [n, made] of asked.entries()) made.resolve(`copy ${n}`)
    await Promise.all([one, two])
    asked[2]?.resolve('spare')
    const [given, taken] = [c.giveUpSpare(), c.take()]
    asked[3]?.resolve('made anew')
    assert.deepEqual([await given, await taken], ['spare', 'made anew'])
    asked[4]?.reject(new Error('no room'))
    assert.equal(await c.giveUpSpare(), undefined, 'one that failed is none')
    assert.equal(await c.giveUpSpare(), undefined)
  })
})
