//! What was asked of the host, kept while somebody looks at it: asked once for all who look, again when it changed, when
//! the window comes back, and after a while. A library for it would be a fifth of what the first page may weigh.

import { Problem, type Listing } from '$lib/api';

/** So long an answer is taken as it is. */
const FRESH_MS = 5_000;
/** So long an answer is kept that nobody looks at. */
const KEPT_MS = 5 * 60_000;
const TRIES_MAX = 3;
const PAUSE_MS = 800;

export type Key = readonly unknown[];

export interface Options<T> {
  queryKey: Key;
  queryFn: () => Promise<T>;
  /** Whether there is something to ask for yet. */
  enabled?: boolean;
  staleTime?: number;
  refetchInterval?: number;
  /** While the next answer is awaited, what the one before said is shown. */
  keepBefore?: boolean;
}

interface Again {
  refetch: () => void;
}

/** An error is one only while there is nothing to show: what was there stays. */
export type Query<T> = Again &
  (
    | { readonly isPending: true; readonly error: null; readonly data: undefined }
    | { readonly isPending: false; readonly error: Error; readonly data: undefined }
    | { readonly isPending: false; readonly error: null; readonly data: T }
  );

class Entry<T> {
  data = $state.raw<T>();
  error = $state.raw<Error | null>(null);
  at = 0;
  users = 0;
  left = 0;
  ask: (() => Promise<T>) | null = null;
  readonly head: unknown;
  #running: Promise<void> | null = null;
  #turn = 0;

  constructor(head: unknown) {
    this.head = head;
  }

  load(): Promise<void> {
    this.#running ??= this.#load().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  set(data: T): void {
    this.#turn += 1;
    this.data = data;
    this.error = null;
    this.at = Date.now();
  }

  async #load(): Promise<void> {
    const turn = ++this.#turn;
    for (let tries = 1; this.ask; tries += 1) {
      try {
        const data = await this.ask();
        // What was set meanwhile is newer than what was asked for before.
        if (turn === this.#turn) this.set(data);
        return;
      } catch (error) {
        if (turn !== this.#turn) return;
        if (tries < TRIES_MAX && mayPass(error)) {
          await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * tries));
          continue;
        }
        this.error = error instanceof Error ? error : new Error(String(error));
        this.at = Date.now();
        if (error instanceof Problem && (error.status === 404 || error.status === 403)) this.data = undefined;
        return;
      }
    }
  }
}

/** Asking again helps only when the host, or the way to it, had a bad moment. */
const mayPass = (error: unknown) => error instanceof Problem && [429, 502, 503, 504].includes(error.status);

const entries = new Map<string, Entry<unknown>>();

function entryOf<T>(key: Key): Entry<T> {
  const name = JSON.stringify(key);
  const found = entries.get(name);
  if (found) return found as Entry<T>;
  const made = new Entry<T>(key[0]);
  entries.set(name, made as Entry<unknown>);
  return made;
}

/** Asks, and asks again, as long as the component is there. */
export function createQuery<T>(options: () => Options<T>): Query<T> {
  const wanted = $derived(options());
  const entry = $derived(entryOf<T>(wanted.queryKey));
  let before: T | undefined;

  $effect(() => {
    const { queryFn, enabled = true, staleTime = FRESH_MS, refetchInterval } = wanted;
    const mine = entry;
    if (!enabled) return;
    mine.ask = queryFn;
    mine.users += 1;
    if (mine.at === 0 || Date.now() - mine.at > staleTime) void mine.load();
    const timer = refetchInterval ? setInterval(() => document.visibilityState === 'visible' && void mine.load(), refetchInterval) : undefined;
    return () => {
      clearInterval(timer);
      mine.users -= 1;
      mine.left = Date.now();
    };
  });

  $effect(() => {
    if (entry.data !== undefined) before = entry.data;
  });

  const query = {
    get data() {
      return entry.data === undefined && wanted.keepBefore ? before : entry.data;
    },
    get error() {
      return query.data === undefined ? entry.error : null;
    },
    get isPending() {
      return query.data === undefined && entry.error === null;
    },
    refetch: () => void entry.load(),
  };
  return query as Query<T>;
}

export interface Pages<T> extends Again {
  readonly items: T[];
  readonly isPending: boolean;
  readonly error: Error | null;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  more: () => void;
}

interface PagesOptions<T> extends Omit<Options<never>, 'queryFn' | 'keepBefore'> {
  queryFn: (next: string | undefined) => Promise<Listing<T>>;
}

/** A list in parts: as many as were asked for are kept up to date together. */
export function createPages<T>(options: () => PagesOptions<T>): Pages<T> {
  let parts = $state(1);
  let isLoadingMore = $state(false);
  const key = $derived(JSON.stringify(options().queryKey));
  let last = '';

  $effect(() => {
    if (key !== last) parts = 1;
    last = key;
  });

  const query = createQuery(() => {
    const wanted = options();
    const count = parts;
    return {
      ...wanted,
      keepBefore: count > 1,
      queryKey: [...wanted.queryKey, count],
      queryFn: async (): Promise<Listing<T>> => {
        const items: T[] = [];
        let next: string | undefined;
        for (let part = 0; part < count; part += 1) {
          const found = await wanted.queryFn(next);
          items.push(...found.items);
          next = found.next ?? undefined;
          if (!next) break;
        }
        isLoadingMore = false;
        return { items, next: next ?? null };
      },
    };
  });

  return {
    get items() {
      return query.data?.items ?? [];
    },
    get isPending() {
      return query.isPending;
    },
    get error() {
      return query.error;
    },
    get hasMore() {
      return !!query.data?.next;
    },
    get isLoadingMore() {
      return isLoadingMore;
    },
    more: () => {
      isLoadingMore = true;
      parts += 1;
    },
    refetch: () => query.refetch(),
  };
}

/** What is known of it now, without asking. */
export function known<T>(key: Key, data: T): void {
  entryOf<T>(key).set(data);
}

/** Something of these changed: whoever looks at them gets new answers, others when they look again. */
export function changed(...heads: string[]): void {
  for (const [name, entry] of entries) {
    if (!heads.includes(String(entry.head))) continue;
    entry.at = 0;
    if (entry.users > 0) void entry.load();
    else entries.delete(name);
  }
}

/** Everything is asked again: after the connection was lost. */
export function refresh(): void {
  changed(...new Set([...entries.values()].map((entry) => String(entry.head))));
}

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState !== 'visible') return;
  const now = Date.now();
  for (const [name, entry] of entries) {
    if (entry.users > 0 && now - entry.at > FRESH_MS) void entry.load();
    else if (entry.users === 0 && now - entry.left > KEPT_MS) entries.delete(name);
  }
});
