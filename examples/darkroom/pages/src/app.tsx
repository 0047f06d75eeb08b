/**
 * The page: the gallery, which stays where it is, and the photo in view over it; or one of the other pages. Whoever is not
 * logged in sees the start page instead, at whatever address, but for what is public.
 */
import { useEffect, useLayoutEffect } from 'react'
import { AccountPage } from './account/account-page.tsx'
import { StartPage } from './account/start-page.tsx'
import { askWho } from './account/who.ts'
import { AddToAlbum } from './albums/add-to-album.tsx'
import { AlbumPage } from './albums/album-page.tsx'
import { AlbumsPage } from './albums/albums-page.tsx'
import { login } from './api/login.ts'
import { archiveList } from './archive/archive.ts'
import { removePhoto } from './archive/removal.ts'
import { DeletedPage } from './deleted/deleted-page.tsx'
import { refreshFailureCount } from './failures/failure-count.ts'
import { FailuresPage } from './failures/failures-page.tsx'
import { Gallery } from './gallery/gallery.tsx'
import { useItems } from './gallery/use-items.ts'
import { loadImports } from './imports/imports.ts'
import { SharedPage } from './shared/shared-page.tsx'
import { Announcer } from './shell/announcer.tsx'
import { ConnectionBanner } from './shell/connection-banner.tsx'
import { Header } from './shell/header.tsx'
import { HelpSheet, showHelp } from './shell/help-sheet.tsx'
import { Nowhere } from './shell/nowhere.tsx'
import { type Route, route, viewedPhotoOf } from './shell/route.ts'
import { Toaster } from './shell/toaster.tsx'
import { isTyping } from './shell/typing.ts'
import { useStore } from './store.ts'
import { chooseFiles } from './uploads/choose-files.ts'
import { DropZone } from './uploads/drop-zone.tsx'
import { PhotoView } from './view/photo-view.tsx'

export function App() {
  const place = useStore(route, (r) => r)
  const standing = useStore(login, (l) => l)
  const isViewing = viewedPhotoOf(place) !== undefined
  useLayoutEffect(() => {
    const page = document.documentElement
    if (isViewing) page.style.setProperty('--scrollbar', `${innerWidth - page.clientWidth}px`)
    page.classList.toggle('is-viewing', isViewing)
  }, [isViewing])
  if (place.kind === 'nowhere') return <Nowhere path={place.path} />
  if (place.kind === 'shared')
    return (
      <>
        <ConnectionBanner />
        <SharedPage key={place.token} token={place.token} viewedId={place.photo} />
      </>
    )
  if (standing === 'out') return <StartPage />
  return standing === 'in' ? <Inside place={place} isViewing={isViewing} /> : <Asking />
}

/** Until it is known who is there: the server is asked at once, and answers soon. */
function Asking() {
  useEffect(() => void askWho(), [])
  return (
    <>
      <ConnectionBanner />
      <div className="header" />
    </>
  )
}

type Inside = Exclude<Route, { readonly kind: 'nowhere' | 'shared' }>

function Inside({ place, isViewing }: { readonly place: Inside; readonly isViewing: boolean }) {
  const items = useItems()
  useLayoutEffect(() => {
    if (place.kind === 'gallery') document.title = 'Darkroom'
  }, [place.kind])
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event)) return
      if (event.key === '?') showHelp()
      else if (event.key === 'u') chooseFiles()
      else return
      event.preventDefault()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [])
  useEffect(() => {
    void loadImports()
    refreshFailureCount()
  }, [])
  return (
    <>
      <ConnectionBanner />
      <Header count={items.photoCount} isInert={isViewing} />
      <Page place={place} items={items} />
      <DropZone />
      <HelpSheet />
      <Toaster />
      <Announcer />
    </>
  )
}

function Page({ place, items }: { readonly place: Inside; readonly items: ReturnType<typeof useItems> }) {
  switch (place.kind) {
    case 'gallery':
    case 'photo': {
      const viewedId = viewedPhotoOf(place)
      return (
        <>
          <Gallery items={items} viewedId={viewedId} />
          {viewedId !== undefined && (
            <PhotoView
              id={viewedId}
              items={items.all}
              list={archiveList}
              wall="gallery"
              reader="owner"
              removal={DELETION}
            />
          )}
          <AddToAlbum isInert={viewedId !== undefined} />
        </>
      )
    }
    case 'failures':
      return <FailuresPage />
    case 'account':
      return <AccountPage />
    case 'deleted':
      return <DeletedPage />
    case 'albums':
      return <AlbumsPage />
    case 'album':
      return <AlbumPage key={place.id} id={place.id} viewedId={place.photo} />
    default:
      return place satisfies never
  }
}

const DELETION = { label: 'Delete', run: removePhoto }
