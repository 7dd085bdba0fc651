//! Light, dark, or as the system has it.

export type Theme = 'system' | 'light' | 'dark';

const state = $state<{ theme: Theme }>({ theme: (document.documentElement.dataset.theme as Theme | undefined) ?? 'system' });

let turns = 0;

/** Chromium does not hand an inherited colour on to what is in the top layer already, until something else that is
 * inherited changes with it. */
function turn(): void {
  turns += 1;
  document.documentElement.style.setProperty('--theme-turns', String(turns));
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', turn);

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
  if (wanted === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = wanted;
  turn();
}
