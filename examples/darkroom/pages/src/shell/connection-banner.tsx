/** Tells that the server is away, and when it is asked again. */
import { useEffect, useState } from 'react'
import { connection, probe } from '../api/connection.ts'
import { useStore } from '../store.ts'

export function ConnectionBanner() {
  const state = useStore(connection, (c) => c)
  const [nowMs, setNowMs] = useState(() => Date.now())
  const isAway = state.kind === 'away'
  useEffect(() => {
    if (!isAway) return
    setNowMs(Date.now())
    const timer = setInterval(() => setNowMs(Date.now()), 500)
    return () => clearInterval(timer)
  }, [isAway])
  if (state.kind === 'there') return null
  const seconds = Math.max(0, Math.ceil((state.retryAtMs - nowMs) / 1_000))
  return (
    <div className="banner">
      <p role="status">
        {navigator.onLine ? 'Darkroom’s server does not answer.' : 'This device is offline.'} What is under way goes on
        by itself.
      </p>
      <p className="banner-when">{state.isAsking || seconds === 0 ? 'Asking …' : `Asking again in ${seconds} s`}</p>
      <button type="button" onClick={() => void probe()}>
        Ask now
      </button>
    </div>
  )
}
