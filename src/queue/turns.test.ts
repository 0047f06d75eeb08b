/** Turns between the tenants of a fair queue, when a claim hands out many jobs of each. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { random } from '../kernel/ids.ts'
import { lab } from './governed-test-kit.ts'

const POLICIES = [
  { isFair: true },
  { isFair: true, concurrency: 30 },
  { isFair: true, perKey: { concurrency: 20 } },
] as const

for (const policy of POLICIES) {
  /** Under a key when the queue has a rule for keys. */
  const of = (tenant: string) => ('perKey' in policy ? { tenant, key: tenant } : { tenant })

  describe(`a fair queue (${JSON.stringify(policy)})`, () => {
    test('gives a tenant that comes later as much as the one that was there, then both the same, to the end', async () => {
      await using l = await lab(policy)
      const claimTen = async (): Promise<string> => {
        const names = (await l.claim(10)).split(' ').filter((name) => name !== '')
        for (const name of names) await l.end(name)
        const count = (tenant: string): number => names.filter((name) => name.startsWith(tenant)).length
        return `${count('a')} of a, ${count('b')} of b`
      }
      for (let n = 0; n < 30; n += 1) await l.submit(`a${n}`, of('a'))
      assert.equal(await claimTen(), '10 of a, 0 of b')
      for (let n = 0; n < 30; n += 1) await l.submit(`b${n}`, of('b'))
      assert.equal(await claimTen(), '0 of a, 10 of b')
      for (let n = 0; n < 4; n += 1) assert.equal(await claimTen(), '5 of a, 5 of b')
      assert.equal(await claimTen(), '0 of a, 0 of b')
    })

    test('leaves nobody behind, however much is submitted and claimed at once', async () => {
      await using l = await lab(policy)
      const submitted: string[] = []
      const claimed: string[] = []
      const claimSome = async (countMax: number): Promise<number> => {
        const names = (await l.claim(countMax)).split(' ').filter((name) => name !== '')
        for (const name of names) await l.end(name)
        claimed.push(...names)
        return names.length
      }
      for (let round = 0; round < 30; round += 1) {
        const tenant = `t${Math.floor(random() * 4)}`
        for (let n = Math.ceil(random() * 12); n > 0; n -= 1) {
          submitted.push(`${tenant}-${submitted.length}`)
          await l.submit(submitted.at(-1) ?? '', of(tenant))
        }
        if (random() < 0.7) await claimSome(Math.ceil(random() * 12))
      }
      while ((await claimSome(7)) > 0);
      assert.deepEqual(claimed.toSorted(), submitted.toSorted())
      assert.equal(await l.hasWork(), false)
    })
  })
}
