/** The page: the gallery, which stays where it is, and the photo in view over it; or the photos that were not made. */
import { useEffect, useLayoutEffect } from 'react'
import { refreshFailureCount } from './failures/failure-count.ts'
import { FailuresPage } from './failures/failures-page.tsx'
import { Gallery } from './gallery/gallery.tsx'
import { useItems } from './gallery/use-items.ts'
import { loadImports } from './imports/imports.ts'
import { Announcer } from './shell/announcer.tsx'
import { ConnectionBanner } from './shell/connection-banner.tsx'
import { Header } from './shell/header.tsx'
import { HelpSheet, showHelp } from './shell/help-sheet.tsx'
import { Nowhere } from './shell/nowhere.tsx'
import { route } from './shell/route.ts'
import { Toaster } from './shell/toaster.tsx'
import { isTyping } from './shell/typing.ts'
import { useStore } from './store.ts'
import { chooseFiles } from './uploads/choose-files.ts'
import { DropZone } from './uploads/drop-zone.tsx'
import { PhotoView } from './view/photo-view.tsx'

export function App() {
  const place = useStore(route, (r) => r)
  const items = useItems()
  const viewedId = place.kind === 'photo' ? place.id : undefined
  const isViewing = viewedId !== undefined
  useLayoutEffect(() => {
    const page = document.documentElement
    if (isViewing) page.style.setProperty('--scrollbar', `${innerWidth - page.clientWidth}px`)
    page.classList.toggle('is-viewing', isViewing)
    if (place.kind === 'gallery') document.title = 'Darkroom'
  }, [isViewing, place.kind])
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
  if (place.kind === 'nowhere') return <Nowhere path={place.path} />
  return (
    <>
      <ConnectionBanner />
      <Header count={items.photoCount} isInert={isViewing} />
      {place.kind === 'failures' ? <FailuresPage /> : <Gallery items={items} viewedId={viewedId} />}
      {isViewing && <PhotoView id={viewedId} items={items.all} />}
      <DropZone />
      <HelpSheet />
      <Toaster />
      <Announcer />
    </>
  )
}
