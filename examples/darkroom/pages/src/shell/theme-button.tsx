/** One button for three themes. */
import { useStore } from '../store.ts'
import { MoonIcon, SunIcon, SystemIcon } from './icons.tsx'
import { nextTheme, type Theme, theme } from './theme.ts'

const THEME_WORDS: Readonly<Record<Theme, string>> = {
  system: 'Colours as the system',
  light: 'Light colours',
  dark: 'Dark colours',
}

export function ThemeButton() {
  const now = useStore(theme, (t) => t)
  return (
    <button
      type="button"
      className="button-icon"
      onClick={nextTheme}
      aria-label={`${THEME_WORDS[now]}; change`}
      title={THEME_WORDS[now]}
    >
      {now === 'system' ? <SystemIcon /> : now === 'light' ? <SunIcon /> : <MoonIcon />}
    </button>
  )
}
