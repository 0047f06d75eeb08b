/**
 * Who may do what with a thing. A check that is forgotten is easy to write and hard to see; here the check is what makes the
 * value that the next call takes: `edit(photo: Granted<Photo, 'edit'>)` does not compile with a photo that nobody asked
 * about.
 */
import type { Principal } from './access.ts'
import { contractErrors } from './errors.ts'

declare const GRANTED: unique symbol

/** A thing with which somebody may do this: only a guard makes one. It is the thing itself, at run time. */
export type Granted<Thing, Action extends string> = Thing & { readonly [GRANTED]: { readonly [A in Action]: true } }

export interface Guard<Thing, Action extends string> {
  /** Whether they may. For pages that show what is possible, and lists that leave out what is not. */
  may(action: Action, who: Principal | undefined, thing: Thing): boolean
  /**
   * The thing, with the proof that they may do this with it.
   *
   * @throws MILLRACE_CONTRACT_OBJECT_UNKNOWN when there is none, or they may not even see it: in the same words.
   * MILLRACE_CONTRACT_OBJECT_DENIED when they may see it, but not do this.
   */
  take<A extends Action, T extends Thing>(action: A, who: Principal | undefined, thing: T | undefined): Granted<T, A>
  /** All of them, or none: when one is missing or not theirs, it is as if that one were not there. @throws as `take` */
  takeAll<A extends Action, T extends Thing>(
    action: A,
    who: Principal | undefined,
    things: readonly (T | undefined)[],
  ): readonly Granted<T, A>[]
}

/** For each action, whether somebody may do it with a thing. What they may not `see` is not there for them. */
export type GuardRules<Thing, Action extends string> = {
  readonly [A in Action | 'see']: (thing: Thing, who: Principal | undefined) => boolean
}

/**
 * Makes a guard of its rules. Pure: what a rule must know stands in the thing.
 *
 * @param what the kind of thing, for messages: `photo`.
 * @example
 * const photoGuard = guard('photo', {
 *   see: (photo: Photo, who) => photo.isShared || photo.owner === who?.account,
 *   edit: (photo, who) => photo.owner === who?.account,
 * })
 * const photo = photoGuard.take('edit', request.principal, await photos.find(id))
 * await photos.edit(photo, request.body)
 */
export function guard<Thing extends object, const Action extends string>(
  what: string,
  rules: GuardRules<Thing, Action>,
): Guard<Thing, Action | 'see'> {
  type Any = Action | 'see'
  const may = (action: Any, who: Principal | undefined, thing: Thing): boolean => rules[action](thing, who)
  const take = <A extends Any, T extends Thing>(
    action: A,
    who: Principal | undefined,
    thing: T | undefined,
  ): Granted<T, A> => {
    if (thing === undefined || !may('see', who, thing)) throw contractErrors.MILLRACE_CONTRACT_OBJECT_UNKNOWN({ what })
    if (!may(action, who, thing)) throw contractErrors.MILLRACE_CONTRACT_OBJECT_DENIED({ what, action })
    return thing as Granted<T, A>
  }
  return Object.freeze({
    may,
    take,
    takeAll: <A extends Any, T extends Thing>(
      action: A,
      who: Principal | undefined,
      things: readonly (T | undefined)[],
    ): readonly Granted<T, A>[] => things.map((thing) => take(action, who, thing)),
  })
}
