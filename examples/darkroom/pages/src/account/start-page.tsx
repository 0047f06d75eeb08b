/** What those see whom Darkroom does not know: what it is, and the way in. It stands at every address but the public ones. */
import { useEffect } from 'react'
import { loginPath } from '../api/login.ts'
import { EmptyWall } from '../shell/empty-wall.tsx'

export function StartPage() {
  useEffect(() => {
    document.title = 'Darkroom'
    document.documentElement.classList.remove('is-viewing')
  }, [])
  return (
    <main className="start empty">
      <EmptyWall />
      <div className="empty-words">
        <h1>Darkroom</h1>
        <p>
          A quiet place for photographs. Bring them by the thousand, watch them develop, put them into albums, and show
          those to whom you like.
        </p>
        <a className="button-primary" href={loginPath()}>
          Log in
        </a>
      </div>
    </main>
  )
}
