//! Light, dark, or as the system has it. `public/theme.js` shows it before the app is there, and follows the system.

export type Theme = 'system' | 'light' | 'dark';

const state = $state<{ theme: Theme }>({ theme: stored() });

function stored(): Theme {
  try {
    const chosen = localStorage.getItem('theme');
    return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
  } catch {
    return 'system';
  }
}

export function theme(): Theme {
  return state.theme;
}

export function useTheme(wanted: Theme): void {
  state.theme = wanted;
  try {
    if (wanted === 'system') localStorage.removeItem('theme');
    else localStorage.setItem('theme', wanted);
  } catch {
    // Then it holds for this page alone.
  }
  const isDark = wanted === 'system' ? matchMedia('(prefers-color-scheme: dark)').matches : wanted === 'dark';
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
}
