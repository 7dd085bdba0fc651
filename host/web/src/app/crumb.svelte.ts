//! What the last breadcrumb and the window's title say, once the page knows more than its kind.

const state = $state<{ text: string | undefined }>({ text: undefined });

export function crumb(): string | undefined {
  return state.text;
}

/** To be called in an effect of the page: it goes with the page. */
export function useCrumb(text: string | undefined): () => void {
  state.text = text;
  return () => {
    state.text = undefined;
  };
}
