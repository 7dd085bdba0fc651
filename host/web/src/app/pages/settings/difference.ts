//! What is different between two documents, place by place.

export interface Difference {
  path: string;
  before: string | undefined;
  after: string | undefined;
}

export function differences(before: unknown, after: unknown, path = ''): Difference[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (isObject(before) || isObject(after)) {
    const [old, now] = [isObject(before) ? before : {}, isObject(after) ? after : {}];
    if ((before === undefined || isObject(before)) && (after === undefined || isObject(after))) {
      return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((name) => differences(old[name], now[name], `${path}/${name}`));
    }
  }
  return [{ path, before: text(before), after: text(after) }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const text = (value: unknown) => (value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value));
