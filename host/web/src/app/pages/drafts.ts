//! What was typed and not sent yet: it is there again when the person comes back to it.

import type { Body } from '$lib/api';

const MOST = 50;
const kept = new Map<string, Body>();

export function draft(of: string): Body | undefined {
  return kept.get(of);
}

export function keep(of: string, body: Body): void {
  kept.delete(of);
  kept.set(of, body);
  const oldest = kept.keys().next().value;
  if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
}

export function forget(of: string): void {
  kept.delete(of);
}
