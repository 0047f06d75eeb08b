/** The page: the gallery, which stays where it is, and the photo in view over it. */
import { useEffect, useLayoutEffect } from 'react'
import { Gallery } from './gallery/gallery.tsx'
import { useItems } from './gallery/use-items.ts'
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
    if (!isViewing) document.title = 'Darkroom'
  }, [isViewing])
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
  if (place.kind === 'nowhere') return <Nowhere path={place.path} />
  return (
    <>
      <ConnectionBanner />
      <Header count={items.all.length} isInert={isViewing} />
      <Gallery items={items} viewedId={viewedId} />
      {isViewing && <PhotoView id={viewedId} items={items.all} />}
      <DropZone />
      <HelpSheet />
      <Toaster />
      <Announcer />
    </>
  )
}
