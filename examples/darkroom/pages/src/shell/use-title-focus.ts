import { type RefObject, useEffect, useRef } from 'react'

/** For the heading of a page: the keyboard, and whoever listens, begin there when the page is come to. */
export function useTitleFocus(isWanted = true): RefObject<HTMLHeadingElement | null> {
  const title = useRef<HTMLHeadingElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the page is come to
  useEffect(() => {
    if (isWanted) title.current?.focus({ preventScroll: true })
  }, [])
  return title
}
