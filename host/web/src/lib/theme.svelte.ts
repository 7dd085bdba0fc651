//! Light, dark, or as the system has it.

export type Theme = 'system' | 'light' | 'dark';

const state = $state<{ theme: Theme }>({ theme: (document.documentElement.dataset.theme as Theme | undefined) ?? 'system' });

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
}
