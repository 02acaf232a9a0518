export type Theme = 'light' | 'dark';

/** `public/theme.js` of each application reads the same key before the first paint. */
const storageKey = 'theme';

/** The theme on screen: the reader's choice, or else what the system prefers. */
export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset.theme;
  if (chosen === 'light' || chosen === 'dark') return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** Shows a theme and remembers it on this device. */
export function chooseTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(storageKey, theme);
  } catch {
    // Storage may be refused; the choice then lasts until the page is left.
  }
}
