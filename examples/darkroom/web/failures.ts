/** Photos that were not made, and another try for them. */
import { signedIn } from 'millrace'
import type { Database } from 'millrace/data'
import { redrive, type SubmitMany, type SubmitManyOptions } from 'millrace/queue'
import { type FrontRuntime, principalOf, problem, type WebInstance } from 'millrace/web'
import { z } from 'zod'
import { renderPhoto } from '../contract/photos.ts'
import { photoGuard } from '../contract/rules.ts'
import { findEnds, listMakingOf, type Making, noteEnds } from '../data/ends.ts'
import { failures } from '../data/failures.ts'
import { photos } from '../data/photos.ts'
import { page, pageOf } from './cursor.ts'
import { params } from './ids.ts'
import { asJson, oneAsJson, photoJson } from './photo-json.ts'

/** Photos that are begun again in one transaction, and in one request. */
const BLOCK_COUNT = 250
const BLOCKS_MAX = 100

const listed = z.object({
  photos: z.array(photoJson),
  next: z.string().nullable(),
  count: z.int().meta({ description: 'All photos that failed or were cancelled.' }),
  retryable: z.int().meta({ description: 'Those that failed and may work the next time.' }),
})

export function failureRoutes(web: WebInstance, { db, people, submitMany }: FrontRuntime): void {
  const [archive, failed, parts] = [photos(db), failures(db), { db, people }]
  const access = signedIn

  web.get(
    '/api/failures',
    {
      config: { access },
      schema: {
        summary: 'Lists the photos whose rendering failed or was cancelled, and counts them.',
        querystring: page,
        response: { 200: listed },
      },
    },
    async (request) => {
      const who = principalOf(request)
      const { account } = who
      const { limit, after } = request.query
      await noteSomeEnds(db, account)
      const found = await archive.list({ owner: account }, limit + 1, after, 'unmade')
      const { shown, next } = pageOf(found, limit, ({ shown_at }) => shown_at)
      return {
        photos: await asJson(parts, photoGuard.takeAll('see', who, shown), who),
        next,
        ...(await failed.count(account)),
      }
    },
  )

  web.post(
    '/api/failures/retry',
    {
      config: { access },
      schema: {
        summary: 'Renders all those again that may work the next time.',
        response: { 202: z.object({ count: z.int() }) },
      },
    },
    async (request, reply) => {
      const { account } = principalOf(request)
      await noteSomeEnds(db, account)
      let count = 0
      for (let block = 0; block < BLOCKS_MAX; block += 1) {
        const begun = await db.transaction(async () => {
          const locked = await failed.lockRetryable(account, BLOCK_COUNT)
          await renderAgain({ db, submitMany }, locked, { priority: 'low', tenant: account })
          return locked.length
        })
        count += begun
        if (begun < BLOCK_COUNT) break
      }
      return reply.code(202).send({ count })
    },
  )

  web.post(
    '/api/photos/:id/retry',
    {
      config: { access },
      schema: {
        summary: 'Renders a photo again that failed or was cancelled.',
        params,
        response: { 202: photoJson },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const who = principalOf(request)
      const photo = await db.transaction(async () => {
        const seen = photoGuard.take('see', who, await archive.findToEdit(id, who.account))
        const found = photoGuard.take('retry', who, seen)
        const shown = await oneAsJson(parts, found, who)
        if (shown.status === 'processing') return shown // somebody was faster
        if (!shown.canRetry) throw hopeless(shown.status)
        await renderAgain({ db, submitMany }, [found], { priority: 'high', tenant: who.account })
        return oneAsJson(parts, photoGuard.take('see', who, await archive.find(id)), who)
      })
      return reply
        .code(202)
        .headers({ location: photo.operation ?? '', 'retry-after': '1' })
        .send(photo)
    },
  )
}

/** Photos in the making that are looked at before failures are listed: all of them, unless a large import is under way. */
const LOOK_COUNT = 500

async function noteSomeEnds(db: Database, owner: string): Promise<void> {
  await noteEnds(db, await findEnds(db, await listMakingOf(db, owner, LOOK_COUNT)))
}

/**
 * Has photos rendered again, in the caller's transaction: a dead letter goes back into its queue as it was; for a photo
 * whose job is no dead letter, because it was cancelled or somebody cleared it away, there is a new job.
 */
async function renderAgain(
  { db, submitMany }: { readonly db: Database; readonly submitMany: SubmitMany },
  again: readonly Making[],
  options: SubmitManyOptions,
): Promise<void> {
  if (again.length === 0) return
  const operations = again.map(({ operation }) => operation)
  const redriven = new Set(await redrive(db, operations))
  const gone = again.filter(({ operation }) => !redriven.has(operation))
  const inputs = gone.map(({ id }) => ({ photoId: id }))
  const jobs = inputs.length === 0 ? [] : await submitMany(renderPhoto, inputs, options)
  const anew = gone.map(({ id }, n) => ({ id, operation: jobs[n]?.id ?? '' }))
  await failures(db).begin([...again.filter(({ operation }) => redriven.has(operation)), ...anew])
}

function hopeless(status: 'ready' | 'failed' | 'cancelled'): Error {
  if (status === 'ready')
    return problem({ status: 409, code: 'DARKROOM_PHOTO_READY', detail: 'The photo is ready: nothing is to be done.' })
  return problem({
    status: 409,
    code: 'DARKROOM_PHOTO_HOPELESS',
    detail: 'The fault lies in the file itself: rendering it again cannot help.',
    remedy: 'Upload the picture again from where it came, and remove this one.',
  })
}
