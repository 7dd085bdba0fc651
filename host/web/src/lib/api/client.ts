//! How the app speaks to the host: same origin, the session's cookie, problems as exceptions.

import { Problem } from './problem';

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface Request {
  query?: Query | undefined;
  /** Sent as JSON, unless it is a file. */
  body?: unknown;
  type?: string;
  /** The version that is to be changed: somebody else's change in between is refused. */
  match?: string | null | undefined;
  /** Names the request, so that sending it again does nothing twice. */
  once?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface Answered<T> {
  body: T;
  /** The version of what was answered. */
  tag: string | null;
}

type Session = { ended: () => Promise<boolean> };

const session: Session = { ended: async () => false };
const reach: { changed: (reached: boolean) => void } = { changed: () => undefined };
const proof: { bearer: string | null } = { bearer: null };

/** What is done when the host says that nobody is signed in: true when somebody is again, and the request is sent again. */
export function onSessionEnd(ended: () => Promise<boolean>): void {
  session.ended = ended;
}

/** Is told after each request whether the host was reached. */
export function onReach(changed: (reached: boolean) => void): void {
  reach.changed = changed;
}

/** The operator's key, for the console alone; it is kept in memory. */
export function bearer(key: string | null): void {
  proof.bearer = key;
}

export async function ask<T>(method: string, path: string, request: Request = {}): Promise<Answered<T>> {
  const answer = await send(method, path, request);
  if (answer.status === 204 || answer.status === 202) {
    const text = await answer.text();
    return { body: (text === '' ? undefined : JSON.parse(text)) as T, tag: answer.headers.get('etag') };
  }
  return { body: (await answer.json()) as T, tag: answer.headers.get('etag') };
}

export async function send(method: string, path: string, request: Request = {}): Promise<Response> {
  const answer = await attempt(method, path, request);
  if (answer.ok) return answer;
  const problem = await Problem.of(answer);
  if (problem.code === 'unauthenticated' && (await session.ended())) {
    const again = await attempt(method, path, request);
    if (again.ok) return again;
    throw await Problem.of(again);
  }
  throw problem;
}

async function attempt(method: string, path: string, request: Request): Promise<Response> {
  const headers = new Headers({ accept: 'application/json' });
  if (proof.bearer) headers.set('authorization', `Bearer ${proof.bearer}`);
  if (request.match) headers.set('if-match', request.match);
  if (request.once) headers.set('idempotency-key', request.once);
  let body: BodyInit | undefined;
  if (request.body instanceof Blob || request.body instanceof ArrayBuffer) {
    body = request.body;
    headers.set('content-type', request.type ?? 'application/octet-stream');
  } else if (request.body !== undefined) {
    body = JSON.stringify(request.body);
    headers.set('content-type', request.type ?? 'application/json');
  }
  try {
    const answer = await fetch(address(path, request.query), {
      method,
      headers,
      body: body ?? null,
      credentials: proof.bearer ? 'omit' : 'same-origin',
      signal: request.signal ?? null,
    });
    reach.changed(true);
    return answer;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    reach.changed(false);
    throw Problem.unreachable();
  }
}

export function address(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${path}?${text}` : path;
}

/** A path whose parts are escaped: `` path`/v1/tasks/${id}` ``. */
export function path(texts: TemplateStringsArray, ...parts: string[]): string {
  return texts.reduce((whole, text, index) => whole + encodeURIComponent(parts[index - 1] ?? '') + text);
}

export const get = async <T>(to: string, query?: Query, signal?: AbortSignal) =>
  (await ask<T>('GET', to, { query, signal })).body;
export const post = async <T>(to: string, body: unknown = {}, once?: string) =>
  (await ask<T>('POST', to, { body, once })).body;
export const put = async <T>(to: string, body: unknown, match?: string | null) =>
  (await ask<T>('PUT', to, { body, match })).body;
export const patch = async <T>(to: string, body: unknown, match?: string | null) =>
  (await ask<T>('PATCH', to, { body, match })).body;
export const remove = async (to: string, query?: Query, match?: string | null) => {
  await ask<void>('DELETE', to, { query, match });
};

/** A name for a request that is sent once, whatever happens to its answer. */
export const onceKey = () => crypto.randomUUID();
