/** Which name was meant by one that is not known. */

/** The known name that is nearest to `word`, if any is near: about one letter in three may be wrong. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const name of known) {
    if (Math.abs(name.length - word.length) >= least) continue
    const steps = editSteps(word, name)
    if (steps < least) {
      best = name
      least = steps
    }
  }
  return best
}

/** Letters to insert, delete or replace to make one of the other (Levenshtein's distance). */
function editSteps(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, n) => n)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let k = 1; k <= to.length; k++) {
      const replaced = (row[k - 1] ?? 0) + (from[i - 1] === to[k - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[k] ?? 0) + 1, (next[k - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[to.length] ?? 0
}
