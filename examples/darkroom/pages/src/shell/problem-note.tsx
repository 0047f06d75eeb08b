import type { Problem } from '../api/problem.ts'

interface ProblemNoteProps {
  readonly problem: Problem
  readonly action?: { readonly label: string; readonly run: () => void }
}

/** A failure in words: what, why, what to do, and the code to look it up by. */
export function ProblemNote({ problem, action }: ProblemNoteProps) {
  return (
    <div className="problem" role="alert">
      <p className="problem-title">{problem.title}</p>
      <p>{problem.detail}</p>
      {problem.remedy && <p>{problem.remedy}</p>}
      {problem.code && <p className="problem-code">{problem.code}</p>}
      {action && (
        <button type="button" className="button" onClick={action.run}>
          {action.label}
        </button>
      )}
    </div>
  )
}
