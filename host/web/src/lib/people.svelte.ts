//! Names of people by their ids, as far as the reader may know them.

import { people, Problem, type Holder, type Person } from '$lib/api';
import type { Option } from '$lib/ui';
import { words } from '$lib/form/model';
import { t } from '$lib/i18n/index.svelte';
import { can, me } from './session.svelte';

const names = $state<Record<string, string>>({});
const asked = new Set<string>();

/** Somebody's name; looked up a moment later when it is not known yet. */
export function nameOf(id: string | null | undefined): string {
  if (!id) return t('nobody');
  if (id === me().id) return me().name;
  const known = names[id];
  if (known !== undefined) return known;
  if (!id.startsWith('usr_')) return id.startsWith('key_') ? t('an-api-key') : t('the-system');
  if (can('people:read') && !asked.has(id)) {
    asked.add(id);
    void look(id);
  }
  return can('people:read') ? '…' : t('somebody');
}

/** With “you” for the reader. */
export function whoIs(id: string | null | undefined): string {
  return id === me().id ? t('you') : nameOf(id);
}

/** The same within a sentence. */
export function whom(id: string | null | undefined): string {
  return id === me().id ? t('you-inside') : nameOf(id);
}

async function look(id: string): Promise<void> {
  try {
    names[id] = (await people.get(id)).body.name;
  } catch (error) {
    names[id] = error instanceof Problem && error.status === 404 ? t('somebody-gone') : t('somebody');
  }
}

export function remember(found: Pick<Person, 'id' | 'name'>[]): void {
  for (const person of found) names[person.id] = person.name;
}

/** People to choose from. */
export async function findPeople(text: string): Promise<Option[]> {
  const found = await people.list({ search: text || undefined, state: 'active', limit: 20 });
  remember(found.items);
  return found.items.map((person) => ({ value: person.id, label: person.name, hint: person.mail }));
}

export function holderName(holder: Holder): string {
  if ('user' in holder) return nameOf(holder.user);
  if ('role' in holder) return t('holder-role', { name: words(holder.role) });
  if ('team' in holder) return t('holder-team');
  return t('holder-department');
}
