/** Who the reader is here, what their photos take up, and the browsers that they are logged in with. */
import { useCallback, useEffect, useRef, useState } from 'react'
import { type Account, endOtherSessions, endSession, listSessions, logOut, type Session } from '../api/account.ts'
import { reportLoggedOut } from '../api/login.ts'
import { orGone, type Problem, problemOf } from '../api/problem.ts'
import { flushRemovals } from '../archive/removal.ts'
import { PageLink } from '../shell/page-link.tsx'
import { ProblemNote } from '../shell/problem-note.tsx'
import { PATH_OF_DELETED } from '../shell/route.ts'
import { toast } from '../shell/toasts.ts'
import { useRetryOnReturn } from '../shell/use-retry.ts'
import { useTitleFocus } from '../shell/use-title-focus.ts'
import { useStore } from '../store.ts'
import { bytesText, momentText } from '../words.ts'
import { agentText } from './agent.ts'
import { account, askWho } from './who.ts'

export function AccountPage() {
  const who = useStore(account, (known) => known)
  const title = useTitleFocus()
  useEffect(() => {
    document.title = 'Account · Darkroom'
    void askWho() // what is used has changed with every upload
  }, [])
  return (
    <main className="page account">
      <header className="page-head">
        <div>
          <h1 ref={title} tabIndex={-1}>
            {who?.name}
          </h1>
          <p>{who?.email ?? 'No e-mail address'}</p>
        </div>
        <button type="button" className="button" onClick={() => void leave()}>
          Log out
        </button>
      </header>
      {who && <Storage {...who.storage} />}
      <Sessions />
    </main>
  )
}

/** Nothing private is left on the page when the browser goes, or comes back to it; and what was deleted is deleted. */
async function leave(): Promise<void> {
  try {
    if (!(await flushRemovals())) return // what is back is told, and may be wanted before the browser goes
    const next = await logOut()
    reportLoggedOut()
    location.assign(next)
  } catch (thrown) {
    toast({ text: 'You are still logged in', problem: problemOf(thrown) })
  }
}

const percent = new Intl.NumberFormat(undefined, { style: 'percent' })

function Storage({ usedBytes, deletedBytes, quotaBytes }: Account['storage']) {
  const share = quotaBytes > 0 ? Math.min(1, usedBytes / quotaBytes) : 1
  const words = `${bytesText(usedBytes)} of ${bytesText(quotaBytes)} used`
  return (
    <section className="page-part" aria-labelledby="storage-title">
      <h2 id="storage-title">Storage</h2>
      <meter className="visually-hidden" aria-labelledby="storage-title" value={share}>
        {words}
      </meter>
      <div className="storage" aria-hidden="true" data-full={share > 0.9}>
        <div style={{ width: `max(${usedBytes > 0 ? '4px' : '0px'}, ${share * 100}%)` }} />
      </div>
      <p className="page-facts">
        {words}, {percent.format(share)}
      </p>
      <p className="page-facts">
        {deletedBytes > 0
          ? `${bytesText(deletedBytes)} of it are photos that you have deleted. Deleting them for good makes room at once: `
          : 'There are no deleted photos among them: '}
        <PageLink to={PATH_OF_DELETED}>Recently deleted</PageLink>
      </p>
    </section>
  )
}

function Sessions() {
  const [sessions, setSessions] = useState<readonly Session[]>()
  const [problem, setProblem] = useState<Problem>()
  const title = useRef<HTMLHeadingElement>(null)
  const load = useCallback(() => {
    setProblem(undefined)
    listSessions().then(setSessions, (thrown: unknown) => setProblem(problemOf(thrown)))
  }, [])
  useEffect(load, [load])
  useRetryOnReturn(problem, load)
  const end = async (what: () => Promise<string>) => {
    title.current?.focus() // the button is about to go
    try {
      toast({ text: await what() })
    } catch (thrown) {
      toast({ text: 'That could not be logged out', problem: problemOf(thrown) })
    }
    load()
  }
  const others = sessions?.filter((session) => !session.isThis) ?? []
  return (
    <section className="page-part" aria-labelledby="sessions-title">
      <div className="page-part-head">
        <h2 id="sessions-title" ref={title} tabIndex={-1}>
          Where you are logged in
        </h2>
        {others.length > 0 && (
          <button
            type="button"
            className="button"
            onClick={() =>
              void end(async () => {
                const ended = await endOtherSessions()
                return `Logged out of ${ended} other ${ended === 1 ? 'browser' : 'browsers'}`
              })
            }
          >
            Log out everywhere else
          </button>
        )}
      </div>
      {problem && <ProblemNote problem={problem} action={{ label: 'Try again', run: load }} />}
      <ul className="rows" aria-busy={!sessions}>
        {sessions?.map((session) => (
          <li key={session.id} className="row-item">
            <div>
              <p className="row-title">
                {agentText(session.agent)} {session.isThis && <span className="tag">This browser</span>}
              </p>
              <p className="page-facts">
                Since {momentText(session.begunAt)} · last seen {momentText(session.seenAt)}
              </p>
            </div>
            {!session.isThis && (
              <button
                type="button"
                className="button"
                aria-label={`Log out ${agentText(session.agent)}, since ${momentText(session.begunAt)}`}
                onClick={() =>
                  void end(async () => {
                    await orGone(endSession(session.id))
                    return 'That browser is logged out'
                  })
                }
              >
                Log out
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
