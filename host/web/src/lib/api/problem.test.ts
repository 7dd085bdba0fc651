import { expect, it } from 'vitest';
import { Problem, byField, pointer, sentence } from './problem';

it('violations lead to their fields', () => {
  const violation = (path: string) => ({ path, code: 'x', severity: 'error' as const, message: 'wrong' });
  const fields = byField([violation('/lines/2/price'), violation('/name'), violation('')]);
  expect([...fields.keys()]).toEqual(['lines', 'name', '']);
  expect(pointer('/a~1b/c~0d')).toEqual(['a/b', 'c~d']);
});

it('what is no problem of the host’s is one all the same', async () => {
  expect((await Problem.of(new Response('<html>', { status: 502 }))).code).toBe('unexpected-answer');
  expect((await Problem.of(new Response('{"code":"not-found","detail":"no","title":"","status":404}', { status: 404 }))).code).toBe('not-found');
});

it('a detail is a sentence', () => {
  expect(sentence('the value is shorter')).toBe('The value is shorter.');
  expect(sentence('Is it?')).toBe('Is it?');
});
