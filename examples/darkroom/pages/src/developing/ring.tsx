const RADIUS = 19
const ROUND = 2 * Math.PI * RADIUS

interface RingProps {
  /** The upload, 0 to 1: the thin outer line. */
  readonly sent: number
  /** The work on the server, 0 to 1: the disc inside. */
  readonly done: number
  readonly isIdle: boolean
}

/** Upload and work in one glance: a line that closes, then a disc that fills. */
export function Ring({ sent, done, isIdle }: RingProps) {
  const inner = RADIUS / 2 - 1.5
  const innerRound = 2 * Math.PI * inner
  return (
    <svg className="ring" data-idle={isIdle} viewBox="0 0 44 44" aria-hidden="true">
      <circle className="ring-track" cx="22" cy="22" r={RADIUS} />
      <circle
        className="ring-sent"
        cx="22"
        cy="22"
        r={RADIUS}
        strokeDasharray={ROUND}
        strokeDashoffset={ROUND * (1 - sent)}
      />
      <circle
        className="ring-done"
        cx="22"
        cy="22"
        r={inner}
        strokeWidth={inner * 2}
        strokeDasharray={innerRound}
        strokeDashoffset={innerRound * (1 - done)}
      />
    </svg>
  )
}
