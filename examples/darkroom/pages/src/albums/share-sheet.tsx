/** Who sees an album: people by their e-mail address, and whoever has a public link. */
import { type FormEvent, useId, useRef, useState } from 'react'
import { LINK_DAYS } from '../../../contract/limits.ts'
import {
  addMember,
  changeMember,
  createLink,
  type GivenRole,
  type Member,
  type NewLink,
  removeMember,
  revokeLink,
  type WholeAlbum,
} from '../api/albums.ts'
import { orGone, type Problem, problemOf } from '../api/problem.ts'
import { ProblemNote } from '../shell/problem-note.tsx'
import { Sheet } from '../shell/sheet.tsx'
import { momentText } from '../words.ts'
import { GIVEN_ROLES } from './words.ts'

interface ShareProps {
  readonly album: WholeAlbum
  /** The album is asked for again: somebody or something has come or gone. */
  readonly onChange: () => Promise<void>
}

export function ShareSheet({ album, onChange, onClose }: ShareProps & { readonly onClose: () => void }) {
  return (
    <Sheet title="Share" onClose={onClose}>
      <People album={album} onChange={onChange} />
      <Links album={album} onChange={onChange} />
    </Sheet>
  )
}

/** Does one thing after the other, in the order in which they were asked for, and keeps what went wrong last. */
function useDoing(onChange: () => Promise<void>) {
  const [problem, setProblem] = useState<Problem>()
  const last = useRef<Promise<unknown>>(Promise.resolve())
  const act = (what: () => Promise<unknown>): Promise<boolean> => {
    setProblem(undefined)
    const done = last.current.then(async () => {
      try {
        await what()
        await onChange()
        return true
      } catch (thrown) {
        setProblem(problemOf(thrown))
        return false
      }
    })
    last.current = done
    return done
  }
  return { problem, act }
}
type Act = ReturnType<typeof useDoing>['act']

function People({ album, onChange }: ShareProps) {
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<GivenRole>('viewer')
  const [isAdding, setAdding] = useState(false)
  const { problem, act } = useDoing(onChange)
  const add = async (event: FormEvent) => {
    event.preventDefault()
    setAdding(true)
    if (await act(() => addMember(album.id, email.trim(), role))) setEmail('')
    setAdding(false)
  }
  const members = album.members ?? []
  return (
    <section className="sheet-part" aria-labelledby="people-title">
      <h3 id="people-title">People</h3>
      <p>
        Whoever you add can download the original files too. In those stands all that the camera noted, which may be the
        exact place.
      </p>
      <form className="form" onSubmit={(event) => void add(event)}>
        <label htmlFor="share-email">E-mail address</label>
        <input
          id="share-email"
          className="field"
          type="email"
          autoComplete="off"
          required
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <div className="form-line">
          <RoleChoice label="What they may do" role={role} onChoose={setRole} />
          <button type="submit" className="button-primary" disabled={isAdding}>
            Add
          </button>
        </div>
      </form>
      {problem && <ProblemNote problem={problem} />}
      {members.length > 0 && (
        <ul className="rows" aria-label="Shared with">
          {members.map((member) => (
            <MemberRow key={member.account} albumId={album.id} member={member} act={act} />
          ))}
        </ul>
      )}
    </section>
  )
}

interface MemberRowProps {
  readonly albumId: string
  readonly member: Member
  readonly act: Act
}

function MemberRow({ albumId, member: { account, name, email, role }, act }: MemberRowProps) {
  const emailId = useId()
  /** Shown until the server has it, or has refused it. */
  const [chosen, setChosen] = useState<GivenRole>()
  const choose = async (wanted: GivenRole) => {
    setChosen(wanted)
    await act(() => changeMember(albumId, account, wanted))
    setChosen((now) => (now === wanted ? undefined : now))
  }
  return (
    <li className="row-item">
      <div>
        <p className="row-title">{name}</p>
        <p id={emailId} className="page-facts">
          {email}
        </p>
      </div>
      <RoleChoice
        label={`What ${name} may do`}
        describedBy={emailId}
        role={chosen ?? role}
        onChoose={(wanted) => void choose(wanted)}
      />
      <button
        type="button"
        className="button"
        aria-label={`Remove ${name}`}
        aria-describedby={emailId}
        onClick={(event) => {
          focusPart(event.currentTarget)
          void act(() => orGone(removeMember(albumId, account)))
        }}
      >
        Remove
      </button>
    </li>
  )
}

/** For a button that is about to go: the keyboard stays in its part of the sheet. */
const focusPart = (button: HTMLElement): void =>
  button.closest('.sheet-part')?.querySelector<HTMLElement>('input, select')?.focus()

interface RoleChoiceProps {
  readonly label: string
  readonly describedBy?: string
  readonly role: GivenRole
  readonly onChoose: (role: GivenRole) => void
}

function RoleChoice({ label, describedBy, role, onChoose }: RoleChoiceProps) {
  return (
    <select
      className="field"
      aria-label={label}
      aria-describedby={describedBy}
      value={role}
      onChange={(event) => onChoose(event.target.value as GivenRole)}
    >
      {GIVEN_ROLES.map((given) => (
        <option key={given.role} value={given.role}>
          {given.name}
        </option>
      ))}
    </select>
  )
}

const LIVES = [
  { days: 1, name: '1 day' },
  { days: 7, name: '7 days' },
  { days: 30, name: '30 days' },
  { days: 365, name: '1 year' },
] as const

function Links({ album, onChange }: ShareProps) {
  const [days, setDays] = useState(LINK_DAYS)
  const [made, setMade] = useState<NewLink>()
  const [isMaking, setMaking] = useState(false)
  const { problem, act } = useDoing(onChange)
  const make = async (event: FormEvent) => {
    event.preventDefault()
    setMaking(true)
    await act(async () => setMade(await createLink(album.id, days)))
    setMaking(false)
  }
  const links = album.links ?? []
  return (
    <section className="sheet-part" aria-labelledby="links-title">
      <h3 id="links-title">Public links</h3>
      <p>
        Whoever has a link sees the album without logging in, until the link ends: its pictures and what is written
        below them, but no place and no original file.
      </p>
      <form className="form" onSubmit={(event) => void make(event)}>
        <label htmlFor="link-days">Ends after</label>
        <div className="form-line">
          <select
            id="link-days"
            className="field"
            value={days}
            onChange={(event) => setDays(Number(event.target.value))}
          >
            {LIVES.map((life) => (
              <option key={life.days} value={life.days}>
                {life.name}
              </option>
            ))}
          </select>
          <button type="submit" className="button-primary" disabled={isMaking}>
            Make a link
          </button>
        </div>
      </form>
      {problem && <ProblemNote problem={problem} />}
      {made && <Made key={made.id} link={made} />}
      {links.length > 0 && (
        <ul className="rows" aria-label="Links that work">
          {links.map((link) => (
            <li key={link.id} className="row-item">
              <div>
                <p className="row-title">Ends {momentText(link.expiresAt)}</p>
                <p className="page-facts">Made {momentText(link.createdAt)}</p>
              </div>
              <button
                type="button"
                className="button"
                aria-label={`Revoke the link that ends ${momentText(link.expiresAt)}`}
                onClick={(event) => {
                  focusPart(event.currentTarget)
                  void act(async () => {
                    await orGone(revokeLink(album.id, link.id))
                    setMade((now) => (now?.id === link.id ? undefined : now))
                  })
                }}
              >
                Revoke
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

/** The new link, which the server tells once. */
function Made({ link }: { readonly link: NewLink }) {
  const [isCopied, setCopied] = useState(false)
  const address = new URL(link.url, location.origin).href
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(address)
      setCopied(true)
    } catch {
      document.querySelector<HTMLInputElement>('#new-link')?.select() // to be copied by hand, as on a page without TLS
    }
  }
  return (
    <div className="form new-link" role="status">
      <label htmlFor="new-link">The new link: it is shown only now</label>
      <div className="form-line">
        <input
          id="new-link"
          className="field"
          readOnly
          value={address}
          onFocus={(event) => event.currentTarget.select()}
        />
        <button type="button" className="button" onClick={() => void copy()}>
          {isCopied ? 'Copied' : 'Copy'}
        </button>
      </div>
    </div>
  )
}
