/** A wall on which nothing hangs yet, behind the words on it. */

/** The frames that wait there: width over height, row by row. */
const FRAMES = [
  [1.5, 0.8, 1.6, 1, 1.4],
  [1.2, 1.9, 1.5, 0.75, 1.1],
  [0.8, 1.5, 1.3, 1.8, 0.9],
] as const

export function EmptyWall() {
  return (
    <div className="empty-wall" aria-hidden="true">
      {FRAMES.map((row) => (
        <div key={row.join()} className="empty-row">
          {row.map((aspect) => (
            <span key={aspect} style={{ flexGrow: aspect }} />
          ))}
        </div>
      ))}
    </div>
  )
}
