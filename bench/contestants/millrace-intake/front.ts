import { front } from 'millrace/web'
import { z } from 'zod'
import { noop, trackedNoop } from './contract.ts'

const schema = { body: z.object({ i: z.number() }) }

export default front((web, { submit }) => {
  // what the peers' fronts answer: the job's id
  web.post('/jobs', { schema }, async (request, reply) => {
    const { id } = await submit(noop, request.body)
    return reply.code(202).header('location', `/jobs/${id}`).send({ id })
  })
  web.post('/operations', { schema }, async (request, reply) => reply.accepted(await submit(trackedNoop, request.body)))
})
