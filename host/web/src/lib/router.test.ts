// @vitest-environment happy-dom
import { expect, it } from 'vitest';
import { match } from './router.svelte';

const pages = [{ path: '/' }, { path: '/tasks' }, { path: '/tasks/:task' }, { path: '/records/:collection/:record' }];

it('the first page whose path fits is shown, with its parts', () => {
  expect(match(pages, '/')?.page.path).toBe('/');
  expect(match(pages, '/tasks/')?.page.path).toBe('/tasks');
  expect(match(pages, '/tasks/tsk_1')).toEqual({ page: { path: '/tasks/:task' }, params: { task: 'tsk_1' } });
  expect(match(pages, '/records/machines/a%2Fb')?.params).toEqual({ collection: 'machines', record: 'a/b' });
  expect(match(pages, '/records/machines/%E0%A4%A')).toBeNull();
  expect(match(pages, '/nowhere')).toBeNull();
});
