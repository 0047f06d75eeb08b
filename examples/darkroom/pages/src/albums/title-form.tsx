/** A title to type, and what is done with it. */
import { type FormEvent, useId, useState } from 'react'
import { TITLE_CHARS_MAX } from '../../../contract/limits.ts'
import { type Problem, problemOf } from '../api/problem.ts'
import { ProblemNote } from '../shell/problem-note.tsx'

interface TitleFormProps {
  readonly label: string
  readonly action: string
  readonly initial?: string
  /** Something else is being done that this would be in the way of. */
  readonly isBusy?: boolean
  readonly save: (title: string) => Promise<void>
}

export function TitleForm({ label, action, initial = '', isBusy = false, save }: TitleFormProps) {
  const id = useId()
  const [title, setTitle] = useState(initial)
  const [isSaving, setSaving] = useState(false)
  const [problem, setProblem] = useState<Problem>()
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (isSaving || isBusy || title.trim() === '') return
    setSaving(true)
    setProblem(undefined)
    try {
      await save(title.trim())
    } catch (thrown) {
      setProblem(problemOf(thrown))
    } finally {
      setSaving(false)
    }
  }
  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      <label htmlFor={id}>{label}</label>
      <div className="form-line">
        <input
          id={id}
          className="field"
          value={title}
          maxLength={TITLE_CHARS_MAX}
          autoComplete="off"
          required
          onChange={(event) => setTitle(event.target.value)}
        />
        <button type="submit" className="button-primary" disabled={isSaving || isBusy}>
          {action}
        </button>
      </div>
      {problem && <ProblemNote problem={problem} />}
    </form>
  )
}
