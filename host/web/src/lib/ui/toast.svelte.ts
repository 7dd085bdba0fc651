//! Short words about what happened, which go by themselves; what went wrong stays longer.

import { message } from '$lib/api/problem';

export interface Toast {
  id: number;
  text: string;
  kind: 'done' | 'failed';
  act?: { label: string; do: () => void } | undefined;
}

const MOST = 4;
const DONE_MS = 5_000;
const FAILED_MS = 12_000;

export const toasts = $state<Toast[]>([]);
let count = 0;

export function say(text: string, kind: Toast['kind'] = 'done', act?: Toast['act']): void {
  count += 1;
  const toast = { id: count, text, kind, act };
  toasts.push(toast);
  if (toasts.length > MOST) toasts.shift();
  setTimeout(() => dismiss(toast.id), kind === 'failed' ? FAILED_MS : DONE_MS);
}

/** Says what went wrong with something that the person did. */
export function complain(error: unknown): void {
  say(message(error), 'failed');
}

export function dismiss(id: number): void {
  const at = toasts.findIndex((toast) => toast.id === id);
  if (at >= 0) toasts.splice(at, 1);
}
