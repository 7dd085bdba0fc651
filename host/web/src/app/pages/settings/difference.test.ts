import { expect, it } from 'vitest';
import { differences } from './difference';

it('differences are told place by place', () => {
  expect(differences({ name: 'Bob', roles: ['member'], at: { city: 'Ulm' } }, { name: 'Bob', roles: ['member', 'clerk'], at: { city: 'Bonn' } })).toEqual([
    { path: '/roles', before: '["member"]', after: '["member","clerk"]' },
    { path: '/at/city', before: 'Ulm', after: 'Bonn' },
  ]);
  expect(differences(undefined, { name: 'Bob' })).toEqual([{ path: '/name', before: undefined, after: 'Bob' }]);
  expect(differences('a', 'a')).toEqual([]);
});
