/** Light, dark, or as the system is; the choice is kept in this browser. */
import { storeOf } from '../store.ts'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEPT_AS = 'darkroom.theme'

export const theme = storeOf<Theme>(kept())

export function nextTheme(): void {
  theme.update((now) => THEMES[(THEMES.indexOf(now) + 1) % THEMES.length] ?? 'system')
}

function kept(): Theme {
  try {
    return THEMES.find((name) => name === localStorage.getItem(KEPT_AS)) ?? 'system'
  } catch {
    return 'system' // storage may be forbidden: then the choice lasts as long as the page
  }
}

function apply(): void {
  const now = theme.get()
  if (now === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = now
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    const own = meta.media.includes('dark') ? 'dark' : 'light'
    meta.content = (now === 'system' ? own : now) === 'dark' ? '#131211' : '#f5f5f4'
  }
  try {
    localStorage.setItem(KEPT_AS, now)
  } catch {
    // as above
  }
}

theme.subscribe(apply)
apply()
