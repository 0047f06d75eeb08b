/** What went wrong, in words: the server's problem details (RFC 9457), or the browser's failure put the same way. */

export interface Problem {
  readonly title: string
  readonly detail: string
  /** Absent where no server answered. */
  readonly status?: number
  readonly code?: string
  readonly remedy?: string
  /** Seconds to wait, from `Retry-After`. */
  readonly retryAfterS?: number
}

/** A problem, thrown. */
export class ProblemError extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.name = 'ProblemError'
    this.problem = problem
  }
}

export const SERVER_AWAY: Problem = Object.freeze({
  title: 'The server does not answer',
  detail: 'Nothing came back from Darkroom’s server. It may be restarting, or the network is down.',
})

/** True when no server of Darkroom's answered: the network failed, or only a proxy spoke. */
export function isAway(problem: Problem): boolean {
  return problem === SERVER_AWAY
}

/** Anything thrown, as a problem. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof ProblemError) return thrown.problem
  if (thrown instanceof TypeError && /fetch|network|load/i.test(thrown.message)) return SERVER_AWAY
  return {
    title: 'Something went wrong on this page',
    detail: thrown instanceof Error ? thrown.message : String(thrown),
  }
}

/** For what takes something away: when it is gone already, that is as good. @throws what `taking` does, but for a 404. */
export async function orGone(taking: Promise<void>): Promise<void> {
  await taking.catch((thrown: unknown) => {
    if (problemOf(thrown).status !== 404) throw thrown
  })
}

/** What people meet in the course of things, in their words instead of the server's. */
const IN_WORDS: Readonly<Record<string, Pick<Problem, 'title'> & Partial<Problem>>> = {
  DARKROOM_QUOTA_FULL: {
    title: 'Your storage is full', // how much is left, only the server can say
  },
  DARKROOM_PERSON_UNKNOWN: {
    title: 'Nobody with this e-mail address',
    detail: 'Only people who have logged in to Darkroom at least once can be added. A public link works for everybody.',
  },
}

/** The problem that an answer of `status` with this body tells. A 5xx without problem details is a proxy's: away. */
export function problemFrom(status: number, body: unknown, retryAfter: string | null): Problem {
  const told = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  const text = (name: string) =>
    typeof told[name] === 'string' && told[name] !== '' ? (told[name] as string) : undefined
  const code = text('code')
  if (status >= 500 && code === undefined && text('title') === undefined) return SERVER_AWAY
  const remedy = text('remedy')
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter)
  const words = IN_WORDS[code ?? '']
  return {
    title: text('title') ?? `The server answered ${status}`,
    detail: text('detail') ?? 'It gave no details.',
    status,
    ...(code === undefined ? {} : { code }),
    ...(remedy === undefined || words?.detail ? {} : { remedy }),
    ...words,
    ...(Number.isFinite(seconds) ? { retryAfterS: Math.max(0, seconds) } : {}),
  }
}
