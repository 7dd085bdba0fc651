//! What a record is called: the first of its texts that says something.

import type { Body, Definition } from '$lib/api';
import { fieldsOf } from './model';

export function titleOf(definition: Definition | null | undefined, body: Body, id: string): string {
  const searched = definition?.search ?? [];
  const texts = fieldsOf(definition?.schema).filter((field) => field.kind === 'text').map((field) => field.name);
  for (const name of [...searched, 'name', 'title', ...texts]) {
    const value = body[name];
    if (typeof value === 'string' && value.trim()) return value;
  }
  return id;
}
