//! Who is signed in, and what they may do.

import { entry, me as api, Problem, type Me, type Permission } from '$lib/api';
import { onReach, onSessionEnd } from '$lib/api/client';
import { useLocale } from '$lib/i18n/index.svelte';

const RETRY_MS = 2_000;

const state = $state<{
  me: Me | null;
  /** The session ended while the person worked: they sign in again where they are. */
  ended: boolean;
  reached: boolean;
}>({ me: null, ended: false, reached: true });

let waiting: ((back: boolean) => void)[] = [];
let retry: ReturnType<typeof setTimeout> | undefined;

export function me(): Me {
  if (!state.me) throw new Error('nobody is signed in');
  return state.me;
}

export function signedIn(): boolean {
  return state.me !== null;
}

export function can(permission: Permission): boolean {
  return state.me?.permissions.includes(permission) ?? false;
}

export function sessionEnded(): boolean {
  return state.ended;
}

export function reached(): boolean {
  return state.reached;
}

/** The language that the address asks for, else the person's own. */
function wanted(language: string): string {
  return new URLSearchParams(location.search).get('locale') ?? stored('locale') ?? language;
}

function stored(name: string): string | null {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
}

export async function enter(): Promise<boolean> {
  const asked = new URLSearchParams(location.search).get('locale');
  if (asked) {
    try {
      sessionStorage.setItem('locale', asked);
    } catch {
      // Then it holds for this page alone.
    }
  }
  try {
    await know(await api.get());
    return true;
  } catch (error) {
    await useLocale(wanted(navigator.language));
    if (error instanceof Problem && error.code === 'unauthenticated') return false;
    throw error;
  }
}

async function know(person: Me): Promise<void> {
  await useLocale(wanted(person.language));
  state.me = person;
}

/** Reads again who one is: after a change of one's own. */
export async function renew(): Promise<void> {
  await know(await api.get());
}

export async function signIn(mail: string, password: string, code?: string): Promise<void> {
  const before = state.me?.id;
  await entry.signIn(mail, password, code);
  const person = await api.get();
  if (before && person.id !== before) {
    // What is on the page is somebody else's.
    location.reload();
    return;
  }
  await know(person);
  state.ended = false;
  for (const go of waiting) go(true);
  waiting = [];
}

export async function signOut(): Promise<void> {
  await entry.signOut();
  location.assign('/');
}

export function watchSession(refresh: () => void): void {
  onSessionEnd(() => {
    if (!state.me) return Promise.resolve(false);
    state.ended = true;
    return new Promise((resolve) => waiting.push(resolve));
  });
  onReach((reached) => {
    if (reached && !state.reached) refresh();
    state.reached = reached;
    if (!reached) schedule();
  });
}

function schedule(): void {
  clearTimeout(retry);
  retry = setTimeout(async () => {
    try {
      const answer = await fetch('/healthz', { cache: 'no-store' });
      if (!answer.ok) throw new Error('not yet');
      state.reached = true;
      refreshers.forEach((refresh) => refresh());
    } catch {
      schedule();
    }
  }, RETRY_MS);
}

const refreshers = new Set<() => void>();

/** Is called when the host can be reached again. */
export function onReturn(refresh: () => void): void {
  refreshers.add(refresh);
}
