/** The photos that could not be developed: why, and what can be done about it. */
import { useEffect, useRef } from 'react'
import { originalOf, type Photo } from '../api/photos.ts'
import { removed, removePhoto } from '../archive/removal.ts'
import { BackIcon, NotMadeIcon, RetryIcon } from '../shell/icons.tsx'
import { ProblemNote } from '../shell/problem-note.tsx'
import { openGallery } from '../shell/route.ts'
import { isTyping } from '../shell/typing.ts'
import { useStore } from '../store.ts'
import { bytesText, momentText, photosText } from '../words.ts'
import { failureCount } from './failure-count.ts'
import { failures, loadFailures, reloadFailures, tryAgain, tryAllAgain } from './failures.ts'
import { whyOf } from './why.ts'

export function FailuresPage() {
  const { photos, next, isLoading, problem } = useStore(failures, (f) => f)
  const hidden = useStore(removed, (ids) => ids)
  const { retryable } = useStore(failureCount, (c) => c)
  const title = useRef<HTMLHeadingElement>(null)
  const shown = photos.filter((photo) => !hidden.has(photo.id))
  useEffect(() => {
    document.title = 'Not developed · Darkroom'
    title.current?.focus()
    void reloadFailures()
  }, [])
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !isTyping(event)) openGallery()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [])
  const isEmpty = shown.length === 0 && next === null
  return (
    <main className="failures">
      <a className="page-back" href="/" onClick={toGallery}>
        <BackIcon /> Gallery
      </a>
      <header className="failures-head">
        <div>
          <h1 ref={title} tabIndex={-1}>
            Not developed
          </h1>
          <p>
            {isEmpty
              ? 'Every photo in the archive is developed.'
              : 'These photos failed or were cancelled. Their originals are safe.'}
          </p>
        </div>
        {retryable > 0 && (
          <button
            type="button"
            className="button-primary"
            onClick={() => {
              title.current?.focus() // the button is about to go
              void tryAllAgain()
            }}
          >
            <RetryIcon /> Try {retryable === 1 ? '1 photo' : photosText(retryable)} again
          </button>
        )}
      </header>
      <ul className="failures-list">
        {shown.map((photo) => (
          <Failure key={photo.id} photo={photo} />
        ))}
      </ul>
      {problem && <ProblemNote problem={problem} action={{ label: 'Try again', run: () => void loadFailures() }} />}
      {next && !problem && (
        <button type="button" className="button failures-more" disabled={isLoading} onClick={() => void loadFailures()}>
          Show more
        </button>
      )}
    </main>
  )
}

function toGallery(event: { preventDefault(): void }): void {
  event.preventDefault()
  openGallery()
}

function Failure({ photo }: { readonly photo: Photo }) {
  const { title, detail, code } = whyOf(photo)
  const item = useRef<HTMLLIElement>(null)
  /** What is done takes the photo off the list: the keyboard goes on with the next one. */
  const then = (act: () => void) => () => {
    const next = item.current?.nextElementSibling ?? item.current?.previousElementSibling
    const target = next?.querySelector('button') ?? document.querySelector<HTMLElement>('.failures h1')
    act()
    target?.focus()
  }
  return (
    <li ref={item} className="failure" data-status={photo.status}>
      <span className="failure-frame" aria-hidden="true">
        <NotMadeIcon />
      </span>
      <div className="failure-words">
        <h2>{photo.name}</h2>
        <p className="failure-why">{title}</p>
        <p>{detail}</p>
        <p className="failure-facts">
          {photo.uploadedAt && `Added ${momentText(photo.uploadedAt)} · `}
          <a href={originalOf(photo.id)}>Original, {bytesText(photo.bytes ?? 0)}</a>
          {code && (
            <>
              {' '}
              · <code>{code}</code>
            </>
          )}
        </p>
      </div>
      <div className="failure-actions">
        {photo.canRetry && (
          <button
            type="button"
            className="button"
            onClick={then(() => void tryAgain(photo))}
            aria-label={`Try ${photo.name} again`}
          >
            <RetryIcon /> Try again
          </button>
        )}
        <button
          type="button"
          className="button"
          onClick={then(() => removePhoto(photo))}
          aria-label={`Remove ${photo.name}`}
        >
          Remove
        </button>
      </div>
    </li>
  )
}
