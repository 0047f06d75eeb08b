/**
 * A text that becomes a field where it stands. Enter saves (in a caption with Ctrl or ⌘), leaving saves, Escape leaves it
 * as it was. When somebody else changed the photo meanwhile, both texts are shown and the reader chooses.
 */
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { CAPTION_CHARS_MAX, TITLE_CHARS_MAX } from '../../../contract/limits.ts'
import type { Problem } from '../api/problem.ts'
import { ProblemNote } from '../shell/problem-note.tsx'
import { useStore } from '../store.ts'
import { type EditedField, editing, startEditing, stopEditing } from './editing.ts'
import type { PhotoInView } from './use-photo.ts'

interface EditableTextProps {
  readonly field: EditedField
  readonly label: string
  readonly value: string | null
  /** What stands there while there is no text. */
  readonly empty: string
  readonly save: PhotoInView['save']
}

type Trouble =
  | { readonly kind: 'conflict'; readonly theirs: string | null }
  | { readonly kind: 'failed'; readonly problem: Problem }

const CHARS_MAX = { title: TITLE_CHARS_MAX, caption: CAPTION_CHARS_MAX }

export function EditableText({ field, label, value, empty, save }: EditableTextProps) {
  const isEdited = useStore(editing, (edited) => edited === field)
  const [draft, setDraft] = useState<string>()
  const [isSaving, setSaving] = useState(false)
  const [trouble, setTrouble] = useState<Trouble>()
  const element = useRef<HTMLTextAreaElement>(null)
  const text = draft ?? value ?? ''

  useEffect(() => {
    const area = element.current
    if (!isEdited || !area) return
    area.focus()
    area.setSelectionRange(area.value.length, area.value.length)
  }, [isEdited])

  const forget = () => {
    setDraft(undefined)
    setTrouble(undefined)
    stopEditing(field)
  }
  const keep = async () => {
    if (isSaving) return
    const wanted = text.trim() === '' ? null : text.trim()
    if (wanted === value && !trouble) return forget()
    setSaving(true)
    const outcome = await save({ [field]: wanted })
    setSaving(false)
    if (outcome.kind === 'saved') return forget()
    setTrouble(outcome.kind === 'conflict' ? { kind: 'conflict', theirs: outcome.theirs[field] } : outcome)
  }
  const press = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return
    if (event.key === 'Escape') {
      event.preventDefault()
      event.stopPropagation()
      forget()
    } else if (event.key === 'Enter' && (field === 'title' || event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      void keep()
    }
  }

  if (!isEdited && !trouble && draft === undefined) {
    return (
      <button
        type="button"
        className={`text text-${field}`}
        data-empty={value === null}
        onClick={() => startEditing(field)}
        title={`Edit the ${field}${field === 'title' ? ' (e)' : ''}`}
      >
        {value ?? empty}
      </button>
    )
  }
  return (
    <div className="text-edit">
      <div className={`text text-${field} text-grows`} data-text={`${text} `}>
        <textarea
          ref={element}
          aria-label={label}
          placeholder={empty}
          value={text}
          rows={1}
          maxLength={CHARS_MAX[field]}
          disabled={isSaving}
          onChange={(event) =>
            setDraft(field === 'title' ? event.target.value.replaceAll('\n', ' ') : event.target.value)
          }
          onKeyDown={press}
          onBlur={() => !trouble && void keep()}
        />
      </div>
      {!trouble && (
        <p className="text-hint">
          {isSaving
            ? 'Saving …'
            : field === 'title'
              ? 'Enter saves, Esc leaves it'
              : 'Ctrl + Enter saves, Esc leaves it'}
        </p>
      )}
      {trouble?.kind === 'failed' && (
        <>
          <ProblemNote problem={trouble.problem} action={{ label: 'Save again', run: () => void keep() }} />
          <button type="button" className="button" onClick={forget}>
            Leave it
          </button>
        </>
      )}
      {trouble?.kind === 'conflict' && (
        <div className="conflict" role="alert">
          <p>
            Someone else changed this photo meanwhile. Its {field} is now: <q>{trouble.theirs ?? 'empty'}</q>
          </p>
          <div>
            <button type="button" className="button-primary" onClick={() => void keep()}>
              Save mine
            </button>
            <button type="button" className="button" onClick={forget}>
              Keep theirs
            </button>
          </div>
        </div>
      )}
    </div>
  )
}
