import { expect, it } from 'vitest';
import { branches, under } from './tree';

const all = [
  { id: 'c', name: 'Assembly', parent: 'a' },
  { id: 'a', name: 'Production', parent: null },
  { id: 'b', name: 'Office', parent: null },
  { id: 'd', name: 'Gone', parent: 'a', closed: true },
  { id: 'e', name: 'Orphan', parent: 'nowhere' },
];

it('departments stand behind the one above them, in the order of their names', () => {
  expect(branches(all).map(({ department, depth }) => `${depth} ${department.name}`)).toEqual(['0 Office', '0 Orphan', '0 Production', '1 Assembly']);
});

it('a department cannot be put below itself', () => {
  expect([...under(all, 'a')]).toEqual(['a', 'c']);
});
