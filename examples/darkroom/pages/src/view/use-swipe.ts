/** Swipes with one finger: told once it is lifted, and followed by nothing until then. */
import { type RefObject, useEffect, useRef } from 'react'

const SWIPE_PX_MIN = 48
const SWIPE_MS_MAX = 700

export interface Swipes {
  readonly left: () => void
  readonly right: () => void
  readonly up: () => void
  readonly down: () => void
}

export function useSwipe(ref: RefObject<HTMLElement | null>, swipes: Swipes): void {
  const newest = useRef(swipes)
  useEffect(() => {
    newest.current = swipes
  })
  useEffect(() => {
    const element = ref.current
    if (!element) return
    let from: { readonly x: number; readonly y: number; readonly at: number } | undefined
    const start = (event: TouchEvent) => {
      const touch = event.touches[0]
      const isZoomed = (visualViewport?.scale ?? 1) > 1.05 // then a finger moves the picture, not the archive
      from =
        event.touches.length === 1 && touch && !isZoomed
          ? { x: touch.clientX, y: touch.clientY, at: event.timeStamp }
          : undefined
    }
    const end = (event: TouchEvent) => {
      const touch = event.changedTouches[0]
      if (!from || !touch || event.timeStamp - from.at > SWIPE_MS_MAX) return
      const x = touch.clientX - from.x
      const y = touch.clientY - from.y
      from = undefined
      if (Math.max(Math.abs(x), Math.abs(y)) < SWIPE_PX_MIN) return
      if (Math.abs(x) > Math.abs(y)) newest.current[x < 0 ? 'left' : 'right']()
      else newest.current[y < 0 ? 'up' : 'down']()
    }
    element.addEventListener('touchstart', start, { passive: true })
    element.addEventListener('touchend', end, { passive: true })
    return () => {
      element.removeEventListener('touchstart', start)
      element.removeEventListener('touchend', end)
    }
  }, [ref])
}
