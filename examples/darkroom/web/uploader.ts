/**
 * Who uploads. Darkroom has no accounts yet: an anonymous id in a cookie decides whose turn it is in the queues and whose
 * imports are listed, and protects nothing. The account's id takes its place once there are accounts.
 */
import { randomUUID } from 'node:crypto'
import type { WebReply, WebRequest } from 'millrace/web'
import { z } from 'zod'

const COOKIE = 'darkroom_uploader'
const YEAR_S = 365 * 24 * 3_600

/** The id of the one who asks; somebody new is given one with the answer. */
export function uploaderOf(request: WebRequest, reply: WebReply): string {
  const known = z.uuid().lowercase().safeParse(cookieOf(request))
  if (known.success) return known.data
  const id = randomUUID()
  const secure = request.protocol === 'https' ? '; Secure' : ''
  reply.header('set-cookie', `${COOKIE}=${id}; Path=/; Max-Age=${YEAR_S}; HttpOnly; SameSite=Lax${secure}`)
  return id
}

function cookieOf({ headers }: WebRequest): string | undefined {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1)
}
