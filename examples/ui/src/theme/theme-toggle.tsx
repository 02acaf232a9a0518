import { useState } from 'react';
import { Icon } from '../icon/icon.js';
import { chooseTheme, currentTheme } from './theme.js';

/** Switches between the light and the dark theme. */
export function ThemeToggle() {
  const [theme, setTheme] = useState(currentTheme);
  const other = theme === 'dark' ? 'light' : 'dark';

  function toggle() {
    chooseTheme(other);
    setTheme(other);
  }

  return (
    <button type="button" className="icon-button" aria-label={`Use the ${other} theme`} onClick={toggle}>
      <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
    </button>
  );
}
