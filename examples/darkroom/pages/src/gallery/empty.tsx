/** An archive without a photo: an invitation. */
import { chooseFiles } from '../uploads/choose-files.ts'

/** The frames that wait on the wall: width over height, row by row. */
const FRAMES = [
  [1.5, 0.8, 1.6, 1, 1.4],
  [1.2, 1.9, 1.5, 0.75, 1.1],
  [0.8, 1.5, 1.3, 1.8, 0.9],
] as const

export function Empty() {
  return (
    <section className="empty">
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
        <h2>Nothing on the wall yet</h2>
        <p>
          Drop photographs, a whole folder or a ZIP of thousands anywhere in this window, paste one, or choose some.
          Darkroom reads when and where they were taken and develops them while you watch.
        </p>
        <button type="button" className="button-primary" onClick={chooseFiles}>
          Choose photographs
        </button>
        <p className="empty-hint">
          None at hand? <code>npm run samples</code> makes twelve to try, in the folder <code>samples-out</code>.
        </p>
      </div>
    </section>
  )
}
