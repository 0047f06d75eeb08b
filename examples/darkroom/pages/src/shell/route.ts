/** Where the reader is: real URLs through the History API, and a view transition between them where the browser can. */
import { flushSync } from 'react-dom'
import { storeOf } from '../store.ts'

export type Route =
  | { readonly kind: 'gallery' }
  | { readonly kind: 'photo'; readonly id: string }
  | { readonly kind: 'failures' }
  | { readonly kind: 'nowhere'; readonly path: string }

export const route = storeOf<Route>(routeOf(location.pathname))

export const pathOfPhoto = (id: string): string => `/photos/${encodeURIComponent(id)}`

/** True for a photo that was opened from the gallery: then leaving it is going back. */
const cameFromGallery = () => (history.state as { fromGallery?: boolean } | null)?.fromGallery === true

export function openPhoto(id: string): void {
  const isInGallery = route.get().kind === 'gallery'
  if (isInGallery) history.pushState({ fromGallery: true }, '', pathOfPhoto(id))
  else history.replaceState(history.state, '', pathOfPhoto(id))
  show(isInGallery ? 'morph' : 'plain')
}

export function closePhoto(): void {
  if (cameFromGallery()) history.back()
  else {
    history.replaceState(null, '', '/')
    show('morph')
  }
}

export const PATH_OF_FAILURES = '/failed'

export const openFailures = (): void => go(PATH_OF_FAILURES)
export const openGallery = (): void => go('/')

function go(path: string): void {
  if (location.pathname !== path) history.pushState(null, '', path)
  show('plain')
  scrollTo({ top: 0, behavior: 'instant' })
}

function routeOf(path: string): Route {
  if (path === '/' || path === '/index.html') return { kind: 'gallery' }
  if (path.replace(/\/$/, '') === PATH_OF_FAILURES) return { kind: 'failures' }
  const id = /^\/photos\/([^/]+)\/?$/.exec(path)?.[1]
  try {
    if (id !== undefined) return { kind: 'photo', id: decodeURIComponent(id) }
  } catch {
    // an escape that is none: there is nothing at this address
  }
  return { kind: 'nowhere', path }
}

const MORPHING = 'photo'

/**
 * The tile and the large picture carry one view transition name in turn, never at once: so the browser lets the one grow
 * into the other.
 */
function show(style: 'morph' | 'plain'): void {
  const before = route.get()
  const after = routeOf(location.pathname)
  const change = () => route.update(() => after)
  const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches
  if (style === 'plain' || isStill || !('startViewTransition' in document)) {
    change()
    return
  }
  const tile = tileOf(after.kind === 'photo' ? after.id : before.kind === 'photo' ? before.id : '')
  if (before.kind === 'gallery' && tile) tile.style.viewTransitionName = MORPHING
  const transition = document.startViewTransition(() => {
    if (tile) tile.style.viewTransitionName = ''
    flushSync(change)
    const arrived = after.kind === 'gallery' && before.kind === 'photo' ? tileOf(before.id) : null
    if (arrived) arrived.style.viewTransitionName = MORPHING
  })
  const done = () => {
    if (before.kind === 'photo') tileOf(before.id)?.style.removeProperty('view-transition-name')
  }
  transition.finished.then(done, done)
}

const tileOf = (id: string) => document.querySelector<HTMLElement>(`[data-photo="${CSS.escape(id)}"]`)

addEventListener('popstate', () => show('morph'))
