import type { Theme } from './route.ts'

/** The theme that is shown: the reader's system decides unless the route does. */
export function shownTheme(theme: Theme): 'light' | 'dark' {
  if (theme !== 'auto') return theme
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
}

export function otherTheme(theme: Theme): Theme {
  return shownTheme(theme) === 'dark' ? 'light' : 'dark'
}

/** Colours are custom properties of the root (`style/tokens.css`). */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = shownTheme(theme)
}
