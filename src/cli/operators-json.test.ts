/** What programs read of the commands that change something. That all of standard output is one value: `typeJson` parses it. */
import { strict as assert } from 'node:assert'
import { describe, test } from 'node:test'
import { startTracked } from '../queue/operations.ts'
import { claimAll } from '../queue/operators-test-kit.ts'
import { renderPhoto, sendMail } from './fixture/app.ts'
import { APP, openDesk } from './operators-test-kit.ts'

/** As JSON has a date. */
const isMoment = (text: unknown): boolean => typeof text === 'string' && new Date(text).toISOString() === text

describe('with --json, an operator is answered by one value:', () => {
  test('the queues that are paused, since when, and those that go on', async () => {
    await using desk = await openDesk()
    const { paused, ...rest } = await desk.typeJson<{ paused: { queue: string; pausedAt: string }[] }>([
      ...['queues', 'pause', 'mail', 'images'],
    ])
    assert.deepEqual([paused.map(({ queue }) => queue), rest], [['mail', 'images'], {}])
    assert.ok(paused.every(({ pausedAt }) => isMoment(pausedAt)))
    const resumed = await desk.typeJson(['queues', 'resume', 'mail', 'images'])
    assert.deepEqual(resumed, { resumed: ['mail', 'images'] })
  })

  test('the tasks that are paused, what is parked of them, and how many jobs came back', async () => {
    await using desk = await openDesk()
    type Paused = { paused: { task: string; pausedAt: string }[]; isChecked: boolean }
    const { paused, isChecked } = await desk.typeJson<Paused>(['tasks', 'pause', 'mail.send', '--app', APP])
    const [{ task, pausedAt } = { task: '', pausedAt: '' }, ...more] = paused
    assert.deepEqual([task, isMoment(pausedAt), more, isChecked], ['mail.send', true, [], true])
    assert.equal((await desk.typeJson<Paused>(['tasks', 'pause', 'old.task'])).isChecked, false)
    await desk.submit(sendMail, { to: 'a@example.com' })
    await claimAll(desk, 'mail')

    const { tasks } = await desk.typeJson<{ tasks: { task: string }[] }>(['tasks', 'list', '--app', APP])
    const listed = (name: string) => tasks.find((one) => one.task === name)
    assert.deepEqual(listed('mail.send'), {
      ...{ task: 'mail.send', queue: 'mail', pausedAt, parked: { count: 1, isEstimate: false } },
    })
    assert.deepEqual(listed('photo.render'), {
      ...{ task: 'photo.render', queue: 'images', pausedAt: null, parked: { count: 0, isEstimate: false } },
    })
    assert.deepEqual(await desk.typeJson(['tasks', 'resume', 'mail.send', 'old.task']), {
      resumed: [
        { task: 'mail.send', count: 1, isStopped: false },
        { task: 'old.task', count: 0, isStopped: false },
      ],
    })
  })

  test('of each job that was to be cancelled, whether it is or was told to stop', async () => {
    await using desk = await openDesk()
    const running = await desk.submit(renderPhoto, { photoId: 'p1' })
    await startTracked(desk.db, await claimAll(desk, 'images'))
    const later = await desk.submit(sendMail, { to: 'a@example.com' }, { delayMs: 60_000 })
    assert.deepEqual(await desk.typeJson(['jobs', 'cancel', running.id, later.id]), {
      jobs: [
        { id: running.id, status: 'running' },
        { id: later.id, status: 'cancelled' },
      ],
    })
  })
})
