import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PERMISSIONS } from './types';

interface Description {
  paths: Record<string, Record<string, unknown>>;
  components: { schemas: Record<string, { oneOf?: { const: string }[] }> };
}

const root = join(import.meta.dirname, '../../..');
const description = JSON.parse(readFileSync(join(root, '../../docs/openapi.json'), 'utf8')) as Description;
const source = readFileSync(join(import.meta.dirname, 'index.ts'), 'utf8');

/** `/v1/tasks/${id}/claim` and `/v1/tasks/{task}/claim` are the same address. */
const plain = (address: string) => address.split('?')[0]?.replace(/\$?\{[^}]*\}/g, '{}') ?? '';

it('every address that the app asks for is one of the host’s', () => {
  const known = new Set(Object.entries(description.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${plain(path).replace('{*path}', '{}')}`)));
  const helpers: Record<string, string> = { get: 'get', post: 'post', put: 'put', patch: 'patch', remove: 'delete' };
  const asked: string[] = [];
  for (const match of source.matchAll(/http\s*\.(get|post|put|patch|remove)(?:<[^(]*>)?\(\s*(?:path`([^`]+)`|'([^']+)')(\s*\+)?/g)) {
    if (!match[4]) asked.push(`${helpers[match[1] ?? '']} ${plain(match[2] ?? match[3] ?? '')}`);
  }
  for (const match of source.matchAll(/http\s*\.(?:ask|send)(?:<[^(]*>)?\(\s*'([A-Z]+)',\s*(?:path`([^`]+)`|'([^']+)')(\s*\+)?/g)) {
    if (!match[4]) asked.push(`${match[1]?.toLowerCase()} ${plain(match[2] ?? match[3] ?? '')}`);
  }
  expect(asked.length).toBeGreaterThan(90);
  expect(asked.filter((one) => !known.has(one))).toEqual([]);
});

it('the app knows every permission', () => {
  expect([...PERMISSIONS].sort()).toEqual((description.components.schemas.Permission?.oneOf ?? []).map((one) => one.const).sort());
});
