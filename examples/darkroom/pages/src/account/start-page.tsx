/** What those see whom Darkroom does not know: what it is, and the way in. It stands at every address but the public ones. */
import { useEffect } from 'react'
import { loginPath } from '../api/login.ts'

/** The frames of the wall behind the words: width over height, row by row. */
const FRAMES = [
  [1.5, 0.8, 1.6, 1, 1.4],
  [1.2, 1.9, 1.5, 0.75, 1.1],
  [0.8, 1.5, 1.3, 1.8, 0.9],
] as const

export function StartPage() {
  useEffect(() => {
    document.title = 'Darkroom'
    document.documentElement.classList.remove('is-viewing')
  }, [])
  return (
    <main className="start empty">
      <div className="empty-wall" aria-hidden="true">
        {FRAMES.map((row) => (
          <div key={row.join()} className="empty-row">
            {row.map((aspect) => (
              <span key={aspect} style={{ flexGrow: aspect }} />
            ))}
          </div>
        ))}
      </div>
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
