import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { type Granted, guard } from './guard.ts'

interface Photo {
  readonly id: string
  readonly owner: string
  readonly viewers: readonly string[]
}
const photoGuard = guard('photo', {
  see: (photo: Photo, who) => who !== undefined && [photo.owner, ...photo.viewers].includes(who.account),
  edit: (photo: Photo, who) => photo.owner === who?.account,
})
const person = (account: string) => ({ account, name: account, email: null, roles: [], claims: {} })
const [ada, grace, eve] = [person('ada'), person('grace'), person('eve')]
const photo: Photo = { id: '1', owner: 'ada', viewers: ['grace'] }

const unknown = { code: 'MILLRACE_CONTRACT_OBJECT_UNKNOWN' }
const denied = { code: 'MILLRACE_CONTRACT_OBJECT_DENIED' }

describe('a guard', () => {
  test('answers the thing itself to who may', () => {
    assert.equal(photoGuard.take('edit', ada, photo), photo)
    assert.equal(photoGuard.take('see', grace, photo), photo)
  })

  test('refuses who may see it, but not do this', () => {
    assert.throws(() => photoGuard.take('edit', grace, photo), denied)
  })

  test('Z1: says the same of what one may not see as of what is not there', () => {
    const messageOf = (who: typeof ada | undefined, thing: Photo | undefined): string => {
      try {
        photoGuard.take('edit', who, thing)
      } catch (thrown) {
        return `${(thrown as { code: string }).code} ${(thrown as Error).message}`
      }
      return assert.fail('it was granted')
    }
    assert.equal(messageOf(eve, photo), messageOf(eve, undefined))
    assert.equal(messageOf(undefined, photo), messageOf(ada, undefined))
  })

  test('Z10: takes all or none', () => {
    const other: Photo = { id: '2', owner: 'eve', viewers: [] }
    assert.equal(photoGuard.takeAll('edit', ada, [photo, { ...photo, id: '3' }]).length, 2)
    assert.throws(() => photoGuard.takeAll('edit', ada, [photo, other]), unknown)
    assert.throws(() => photoGuard.takeAll('edit', ada, [photo, undefined]), unknown)
  })

  test('keeps what a thing has besides that of which its rules know', () => {
    const detailed = { ...photo, caption: 'At dusk' }
    assert.equal(photoGuard.take('see', grace, detailed).caption, 'At dusk')
    assert.deepEqual(
      photoGuard.takeAll('see', grace, [detailed]).map(({ caption }) => caption),
      ['At dusk'],
    )
  })

  test('makes a forgotten check a mistake of type', () => {
    const edit = (granted: Granted<Photo, 'edit'>): string => granted.id
    assert.equal(edit(photoGuard.take('edit', ada, photo)), '1')
    // @ts-expect-error: nobody asked
    assert.equal(edit(photo), '1')
    // @ts-expect-error: it was asked whether it may be seen
    assert.equal(edit(photoGuard.take('see', ada, photo)), '1')
  })
})
