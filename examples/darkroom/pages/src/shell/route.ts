/** Where the reader is: real URLs through the History API, and a view transition between them where the browser can. */
import { flushSync } from 'react-dom'
import { forgetSelection } from '../archive/selection.ts'
import { storeOf } from '../store.ts'

export type Route =
  | { readonly kind: 'gallery' }
  | { readonly kind: 'photo'; readonly id: string }
  | { readonly kind: 'failures' }
  | { readonly kind: 'account' }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'albums' }
  /** An album or a public link, with the photo in view over it, if any. */
  | { readonly kind: 'album'; readonly id: string; readonly photo: string | undefined }
  | { readonly kind: 'shared'; readonly token: string; readonly photo: string | undefined }
  | { readonly kind: 'nowhere'; readonly path: string }

export const route = storeOf<Route>(routeOf(location.pathname))

/** A wall of photos, and which of them is in view over it. */
interface Wall {
  readonly path: string
  readonly photo: string | undefined
}

function wallOf(place: Route): Wall | undefined {
  if (place.kind === 'gallery') return { path: '/', photo: undefined }
  if (place.kind === 'photo') return { path: '/', photo: place.id }
  if (place.kind === 'album') return { path: pathOfAlbum(place.id), photo: place.photo }
  if (place.kind === 'shared') return { path: `/shared/${encodeURIComponent(place.token)}`, photo: place.photo }
  return undefined
}

export const viewedPhotoOf = (place: Route): string | undefined => wallOf(place)?.photo

/** The address of a photo on the wall that the reader is at; in the archive, if at none. */
export function pathOfPhoto(id: string): string {
  const wall = wallOf(route.get())?.path ?? '/'
  return `${wall === '/' ? '' : wall}/photos/${encodeURIComponent(id)}`
}

/** True for a photo that was opened from its wall: then leaving it is going back. */
const cameFromWall = () => (history.state as { fromWall?: boolean } | null)?.fromWall === true

export function openPhoto(id: string): void {
  const wall = wallOf(route.get())
  const isOnWall = wall !== undefined && wall.photo === undefined
  if (isOnWall) history.pushState({ fromWall: true }, '', pathOfPhoto(id))
  else history.replaceState(history.state, '', pathOfPhoto(id))
  show(isOnWall ? 'morph' : 'plain')
}

export function closePhoto(): void {
  if (cameFromWall()) history.back()
  else {
    history.replaceState(null, '', wallOf(route.get())?.path ?? '/')
    show('morph')
  }
}

export const PATH_OF_FAILURES = '/failed'
export const PATH_OF_ALBUMS = '/albums'
export const PATH_OF_ACCOUNT = '/account'
export const PATH_OF_DELETED = '/deleted'
export const pathOfAlbum = (id: string): string => `${PATH_OF_ALBUMS}/${encodeURIComponent(id)}`

export const openFailures = (): void => go(PATH_OF_FAILURES)
export const openGallery = (): void => go('/')

/** Goes to a page of Darkroom's. */
export function go(path: string): void {
  if (location.pathname !== path) history.pushState(null, '', path)
  show('plain')
  scrollTo({ top: 0, behavior: 'instant' })
}

function routeOf(path: string): Route {
  const parts = partsOf(path)
  const [first, second, third, fourth] = parts ?? ['\0']
  if (parts?.length === 0 || path === '/index.html') return { kind: 'gallery' }
  if (parts?.length === 1) {
    if (first === 'failed') return { kind: 'failures' }
    if (first === 'account') return { kind: 'account' }
    if (first === 'deleted') return { kind: 'deleted' }
    if (first === 'albums') return { kind: 'albums' }
  }
  if (parts?.length === 2 && first === 'photos' && second) return { kind: 'photo', id: second }
  const isWall = parts?.length === 2 || (parts?.length === 4 && third === 'photos')
  if (isWall && second && first === 'albums') return { kind: 'album', id: second, photo: fourth }
  if (isWall && second && first === 'shared') return { kind: 'shared', token: second, photo: fourth }
  return { kind: 'nowhere', path }
}

/** Nothing when there is an escape that is none: then there is nothing at this address. */
function partsOf(path: string): readonly string[] | undefined {
  try {
    return path
      .replace(/^\/|\/$/g, '')
      .split('/')
      .filter((part, index, all) => part !== '' || all.length > 1 || index > 0)
      .map(decodeURIComponent)
  } catch {
    return undefined
  }
}

const MORPHING = 'photo'

/**
 * The tile and the large picture carry one view transition name in turn, never at once: so the browser lets the one grow
 * into the other.
 */
function show(style: 'morph' | 'plain'): void {
  const [before, after] = [route.get(), routeOf(location.pathname)]
  const [from, to] = [wallOf(before), wallOf(after)]
  if (from?.path !== to?.path) forgetSelection()
  const change = () => route.update(() => after)
  const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches
  if (style === 'plain' || isStill || !('startViewTransition' in document)) {
    change()
    return
  }
  const tile = tileOf(to?.photo ?? from?.photo ?? '')
  if (from && from.photo === undefined && tile) tile.style.viewTransitionName = MORPHING
  const transition = document.startViewTransition(() => {
    if (tile) tile.style.viewTransitionName = ''
    flushSync(change)
    const arrived = to && to.photo === undefined && from?.photo ? tileOf(from.photo) : null
    if (arrived) arrived.style.viewTransitionName = MORPHING
  })
  const done = () => {
    if (from?.photo) tileOf(from.photo)?.style.removeProperty('view-transition-name')
  }
  transition.finished.then(done, done)
}

const tileOf = (id: string) => document.querySelector<HTMLElement>(`[data-photo="${CSS.escape(id)}"]`)

addEventListener('popstate', () => show('morph'))
