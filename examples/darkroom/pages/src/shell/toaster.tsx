import { useStore } from '../store.ts'
import { CloseIcon } from './icons.tsx'
import { dismissToast, runToastAction, toasts } from './toasts.ts'

/** The messages at the foot of the page. */
export function Toaster() {
  const shown = useStore(toasts, (all) => all)
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map(({ key, text, problem, action }) => (
        <div key={key} className="toast">
          <div>
            <p>{text}</p>
            {problem && (
              <p className="toast-detail">
                {problem.detail} {problem.code && <code>{problem.code}</code>}
              </p>
            )}
          </div>
          {action && (
            <button type="button" className="toast-action" onClick={() => runToastAction(key)}>
              {action.label}
            </button>
          )}
          <button type="button" className="toast-close" onClick={() => dismissToast(key)} aria-label="Close">
            <CloseIcon />
          </button>
        </div>
      ))}
    </div>
  )
}
