/** The imports of this visitor, above the gallery, until they are put away. */
import { useEffect, useRef } from 'react'
import { useStore } from '../store.ts'
import { ImportCard } from './import-card.tsx'
import { imports } from './imports.ts'

export function ImportList() {
  const all = useStore(imports, (now) => now.all)
  useKeyboard(all.size)
  if (all.size === 0) return null
  return (
    <section className="imports" aria-label="Imports">
      {[...all.values()].toReversed().map((one) => (
        <ImportCard key={one.key} one={one} />
      ))}
    </section>
  )
}

/** When one goes that had the keyboard, the next one gets it, or the gallery. */
function useKeyboard(count: number): void {
  const before = useRef(count)
  useEffect(() => {
    const isLost = count < before.current && document.activeElement === document.body
    before.current = count
    if (isLost)
      document.querySelector<HTMLElement>('.import button, [data-tile][tabindex="0"], .header-upload')?.focus()
  }, [count])
}
