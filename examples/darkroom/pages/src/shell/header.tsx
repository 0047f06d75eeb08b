/** The slim bar on top: the name, how many, what is under way, and the few things to do. */
import { archive } from '../archive/archive.ts'
import { removed } from '../archive/removal.ts'
import { developing, isOver } from '../developing/developing.ts'
import { failureCount } from '../failures/failure-count.ts'
import { failures } from '../failures/failures.ts'
import { useStore } from '../store.ts'
import { chooseFiles } from '../uploads/choose-files.ts'
import { showHelp } from './help-sheet.tsx'
import { MoonIcon, NotMadeIcon, SunIcon, SystemIcon, UploadIcon } from './icons.tsx'
import { openFailures, openGallery, PATH_OF_FAILURES, route } from './route.ts'
import { nextTheme, type Theme, theme } from './theme.ts'

const number = new Intl.NumberFormat()

export function Header({ count, isInert }: { readonly count: number; readonly isInert: boolean }) {
  const next = useStore(archive, (a) => a.next)
  return (
    <header className="header" inert={isInert}>
      <a className="header-name" href="/" onClick={toTop} aria-label="Darkroom, to the gallery">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect x="5" y="3.5" width="22" height="25" rx="2" />
          <circle cx="16" cy="13.5" r="5.5" />
        </svg>
        Darkroom
      </a>
      {next !== undefined && count > 0 && (
        <p className="header-count">
          {number.format(count)}
          {next === null ? '' : '+'} {count === 1 ? 'photo' : 'photos'}
        </p>
      )}
      <UnderWay />
      <Failed />
      <div className="header-actions">
        <ThemeButton />
        <button
          type="button"
          className="button-icon header-help"
          onClick={showHelp}
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts (?)"
        >
          <span className="header-question">?</span>
        </button>
        <button type="button" className="button-primary header-upload" onClick={chooseFiles} title="Upload photos (u)">
          <UploadIcon /> <span>Upload</span>
        </button>
      </div>
    </header>
  )
}

function toTop(event: { preventDefault(): void }): void {
  event.preventDefault()
  if (route.get().kind !== 'gallery') openGallery()
  else scrollTo({ top: 0, behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'instant' : 'smooth' })
}

/** The way to the photos that were not made, while there are any. */
function Failed() {
  const known = useStore(failureCount, (c) => c.count)
  const listed = useStore(failures, (f) => f.photos)
  const hidden = useStore(removed, (ids) => ids)
  const count = known - listed.filter((photo) => hidden.has(photo.id)).length // the server is told when there is no undo
  if (count <= 0) return null
  return (
    <a
      className="header-failed"
      href={PATH_OF_FAILURES}
      aria-label={`${number.format(count)} ${count === 1 ? 'photo' : 'photos'} not developed`}
      onClick={(event) => {
        event.preventDefault()
        openFailures()
      }}
    >
      <NotMadeIcon /> {number.format(count)} <span>not developed</span>
    </a>
  )
}

/** "3 of 8", while pictures are on their way. */
function UnderWay() {
  const prints = useStore(developing, (all) => all)
  const all = [...prints.values()].filter((print) => !isOver(print))
  const left = all.filter((print) => print.stage.kind !== 'ready').length
  if (left === 0) return null
  return (
    <p className="header-underway">
      <i aria-hidden="true" /> Developing {all.length - left + 1} of {all.length}
    </p>
  )
}

const THEME_WORDS: Readonly<Record<Theme, string>> = {
  system: 'Colours as the system',
  light: 'Light colours',
  dark: 'Dark colours',
}

function ThemeButton() {
  const now = useStore(theme, (t) => t)
  return (
    <button
      type="button"
      className="button-icon"
      onClick={nextTheme}
      aria-label={`${THEME_WORDS[now]}; change`}
      title={THEME_WORDS[now]}
    >
      {now === 'system' ? <SystemIcon /> : now === 'light' ? <SunIcon /> : <MoonIcon />}
    </button>
  )
}
