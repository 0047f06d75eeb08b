import type { MouseEvent, ReactNode } from 'react'
import { go } from './route.ts'

interface PageLinkProps {
  readonly to: string
  readonly className?: string
  readonly label?: string
  readonly isCurrent?: boolean
  readonly children: ReactNode
}

/** A link to a page of Darkroom's, followed without loading everything anew. */
export function PageLink({ to, className, label, isCurrent = false, children }: PageLinkProps) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return // a new tab is wanted
    event.preventDefault()
    go(to)
  }
  return (
    <a
      className={className}
      href={to}
      onClick={follow}
      {...(label ? { 'aria-label': label } : {})}
      {...(isCurrent ? { 'aria-current': 'page' as const } : {})}
    >
      {children}
    </a>
  )
}
