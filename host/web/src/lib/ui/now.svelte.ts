//! The time, renewed often enough for “3 minutes ago”.

const EVERY_MS = 30_000;

const state = $state({ now: Date.now() });
setInterval(() => {
  state.now = Date.now();
}, EVERY_MS);

export function now(): number {
  return state.now;
}
