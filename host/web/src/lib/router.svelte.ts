//! Addresses: which page is shown, with which parts and query. The browser's own history, nothing else.

export interface Matched<P> {
  page: P;
  params: Record<string, string>;
}

interface Place {
  path: string;
  query: URLSearchParams;
}

const state = $state<{ place: Place; turns: number }>({ place: here(), turns: 0 });
const guards = new Set<() => boolean>();

function here(): Place {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

export function place(): Place {
  return state.place;
}

/** Counts pages that were turned, so that focus and title follow. */
export function turns(): number {
  return state.turns;
}

export function go(to: string, how: { replace?: boolean } = {}): void {
  const before = location.pathname;
  if (to === location.pathname + location.search) return;
  if (how.replace) history.replaceState(null, '', to);
  else history.pushState(null, '', to);
  state.place = here();
  if (location.pathname !== before) state.turns += 1;
}

/** The same page with other values in its query; empty ones are left out. */
export function ask(values: Record<string, string | null | undefined>, how: { replace?: boolean } = { replace: true }): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString();
  go(location.pathname + (text ? `?${text}` : ''), how);
}

/** Something on the page is not kept yet: leaving the app asks first. */
export function guard(unsaved: () => boolean): () => void {
  guards.add(unsaved);
  return () => guards.delete(unsaved);
}

/** Links of the app turn pages; all others are the browser's. */
export function listen(): () => void {
  const click = (event: MouseEvent) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.('a[href]');
    if (!(link instanceof HTMLAnchorElement) || link.dataset.external !== undefined || link.target === '_blank') return;
    if (link.origin !== location.origin || link.pathname.startsWith('/v1/')) return;
    if (link.pathname === location.pathname && link.search === location.search && link.hash) return;
    event.preventDefault();
    go(link.pathname + link.search);
  };
  const back = () => {
    const before = state.place.path;
    state.place = here();
    if (state.place.path !== before) state.turns += 1;
  };
  const leave = (event: BeforeUnloadEvent) => {
    if ([...guards].some((unsaved) => unsaved())) event.preventDefault();
  };
  addEventListener('click', click);
  addEventListener('popstate', back);
  addEventListener('beforeunload', leave);
  return () => {
    removeEventListener('click', click);
    removeEventListener('popstate', back);
    removeEventListener('beforeunload', leave);
  };
}

/** The first page whose path fits; `:name` stands for one part. */
export function match<P extends { path: string }>(pages: P[], path: string): Matched<P> | null {
  const parts = split(path);
  for (const page of pages) {
    const wanted = split(page.path);
    if (wanted.length !== parts.length) continue;
    const params: Record<string, string> = {};
    const fits = wanted.every((part, index) => {
      const given = parts[index] ?? '';
      if (!part.startsWith(':')) return part === given;
      try {
        params[part.slice(1)] = decodeURIComponent(given);
        return true;
      } catch {
        return false;
      }
    });
    if (fits) return { page, params };
  }
  return null;
}

function split(path: string): string[] {
  return path.split('/').filter(Boolean);
}
