/** An archive without a photo: an invitation. */
import { EmptyWall } from '../shell/empty-wall.tsx'
import { chooseFiles } from '../uploads/choose-files.ts'

export function Empty() {
  return (
    <section className="empty">
      <EmptyWall />
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
