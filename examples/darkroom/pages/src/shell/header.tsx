/** The slim bar on top: the name, how many, what is under way, and the few things to do. */
import { account } from '../account/who.ts'
import { archive } from '../archive/archive.ts'
import { removed } from '../archive/removal.ts'
import { developing, isOver } from '../developing/developing.ts'
import { failureCount } from '../failures/failure-count.ts'
import { failures } from '../failures/failures.ts'
import { useStore } from '../store.ts'
import { chooseFiles } from '../uploads/choose-files.ts'
import { showHelp } from './help-sheet.tsx'
import { NotMadeIcon, UploadIcon } from './icons.tsx'
import { PageLink } from './page-link.tsx'
import { openFailures, openGallery, PATH_OF_ACCOUNT, PATH_OF_ALBUMS, PATH_OF_FAILURES, route } from './route.ts'
import { ThemeButton } from './theme-button.tsx'

const number = new Intl.NumberFormat()

export function Header({ count, isInert }: { readonly count: number; readonly isInert: boolean }) {
  const next = useStore(archive, (a) => a.next)
  const place = useStore(route, (r) => r.kind)
  return (
    <header className="header" inert={isInert}>
      <a className="header-name" href="/" onClick={toTop} aria-label="Darkroom, to the gallery">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect x="5" y="3.5" width="22" height="25" rx="2" />
          <circle cx="16" cy="13.5" r="5.5" />
        </svg>
        <span>Darkroom</span>
      </a>
      {next !== undefined && count > 0 && (place === 'gallery' || place === 'photo') && (
        <p className="header-count">
          {number.format(count)}
          {next === null ? '' : '+'} {count === 1 ? 'photo' : 'photos'}
        </p>
      )}
      <UnderWay />
      <Failed />
      <div className="header-actions">
        <PageLink to={PATH_OF_ALBUMS} className="header-link" isCurrent={place === 'albums'}>
          Albums
        </PageLink>
        <Who isCurrent={place === 'account'} />
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

/** Who is logged in, and the way to their account. */
function Who({ isCurrent }: { readonly isCurrent: boolean }) {
  const name = useStore(account, (known) => known?.name)
  if (name === undefined) return null
  return (
    <PageLink
      to={PATH_OF_ACCOUNT}
      className="header-link header-who"
      label={`Account of ${name}`}
      isCurrent={isCurrent}
    >
      <i aria-hidden="true" data-initial={[...name.trim()][0]?.toUpperCase()} /> <span>{name}</span>
    </PageLink>
  )
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
