import { expect, it } from 'vitest';
import { ROW_PX, moved, windowOf } from './window';

it('only the rows that are seen, and some around them, are drawn', () => {
  expect(windowOf(0, 10 * ROW_PX, 10_000)).toEqual({ first: 0, end: 22 });
  const middle = windowOf(5_000 * ROW_PX, 10 * ROW_PX, 10_000);
  expect(middle.end - middle.first).toBeLessThan(40);
  expect(windowOf(9_999 * ROW_PX, 600, 10_000).end).toBe(10_000);
  expect(windowOf(500, 600, 0)).toEqual({ first: 0, end: 0 });
});

it('keys move the focus, and never out of the table', () => {
  expect(moved('ArrowDown', 0, 0, 3, 2, 10)).toEqual([1, 0]);
  expect(moved('ArrowDown', 2, 0, 3, 2, 10)).toEqual([2, 0]);
  expect(moved('PageDown', 0, 1, 3, 2, 10)).toEqual([2, 1]);
  expect(moved('End', 1, 0, 3, 2, 10)).toEqual([1, 1]);
  expect(moved('x', 0, 0, 3, 2, 10)).toBeNull();
});
