// One button that goes round: as the system has it, light, dark.
import { nextTheme, setTheme, useTheme } from '../lib/theme'
import { MoonIcon, SunIcon, SystemIcon } from './icons'

const FACES = {
  system: { icon: <SystemIcon />, word: 'system' },
  light: { icon: <SunIcon />, word: 'light' },
  dark: { icon: <MoonIcon />, word: 'dark' },
}

export function ThemeToggle() {
  const theme = useTheme()
  const next = nextTheme(theme)
  return (
    <button
      type="button"
      className="btn px-2.5"
      aria-label={`Theme: ${FACES[theme].word}. Change to ${FACES[next].word}`}
      title={`Theme: ${FACES[theme].word}`}
      onClick={() => setTheme(next)}
    >
      {FACES[theme].icon}
    </button>
  )
}
