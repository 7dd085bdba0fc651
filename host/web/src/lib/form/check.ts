//! Whether what was entered can be acceptable: the same rules as the host's, asked before it is sent. The host decides.

import { Validator, type OutputUnit } from '@cfworker/json-schema';
import type { Violation } from '$lib/api/problem';
import type { Body, Definition, Schema } from '$lib/api/types';
import { has, t } from '$lib/i18n/index.svelte';
import { number } from '$lib/i18n/format';
import { fieldsOf, isEmpty, type Field, type Kind } from './model';

const DECIMAL = '^-?(0|[1-9][0-9]{0,17})(\\.[0-9]{1,10})?$';

/** What every value of a kind looks like, as `host/data/src/kind.rs` has it. */
function shape(field: Field): Schema | null {
  const shapes: Partial<Record<Kind, Schema>> = {
    text: { type: 'string', maxLength: 1_000, pattern: '^[^\\n\\r]*$' },
    'long-text': { type: 'string', maxLength: 100_000 },
    number: { type: 'number' },
    decimal: { type: 'string', pattern: DECIMAL },
    money: {
      type: 'object',
      properties: { amount: { type: 'string', pattern: DECIMAL }, currency: { type: 'string', pattern: '^[A-Z]{3}$' } },
      required: ['amount', 'currency'],
    },
    date: { type: 'string', format: 'date', pattern: '^[0-9]{4}-' },
    time: { type: 'string', pattern: '^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$' },
    'date-time': { type: 'string', format: 'date-time' },
    'yes-no': { type: 'boolean' },
    'multi-select': { type: 'array', uniqueItems: true, maxItems: 100 },
    rating: { type: 'integer', minimum: 0, maximum: Number(field.schema['x-max'] ?? 5) },
  };
  // A field without a kind is what its own schema says.
  return field.schema['x-kind'] ? (shapes[field.kind] ?? null) : null;
}

/** What is wrong with the fields that are shown, each with its place. */
export function check(definition: Definition, data: Body, shown: Set<string>): Violation[] {
  const fields = fieldsOf(definition.schema).filter((field) => shown.has(field.name));
  return fields.flatMap((field) => ofField(field, data[field.name], `/${field.name}`));
}

function ofField(field: Field, value: unknown, path: string): Violation[] {
  if (field.kind === 'calculated') return [];
  if (isEmpty(value)) return field.required ? [violation(path, 'required', t('invalid-required', { field: field.label }))] : [];
  if (field.kind === 'table' && Array.isArray(value)) {
    const rows = value.flatMap((row: Body, index) =>
      field.columns.flatMap((column) => ofField(column, row[column.name], `${path}/${index}/${column.name}`)),
    );
    const { items: _, properties: __, ...own } = field.schema;
    return [...rows, ...against(own, value, path, field)];
  }
  const wrong = against(shape(field), value, path, field);
  return wrong.length ? wrong : against(field.schema, value, path, field);
}

function against(schema: Schema | null, value: unknown, path: string, field: Field): Violation[] {
  if (!schema) return [];
  const { errors } = new Validator(schema as object, '2020-12', false).validate(value);
  const leaves = errors.filter((error) => !['properties', 'items', 'allOf', 'anyOf', 'oneOf', 'if', 'then', '$ref'].includes(error.keyword));
  const first = leaves[0] ?? errors[0];
  return first ? [violation(path, first.keyword, explain(first, schema, field))] : [];
}

function violation(path: string, code: string, message: string): Violation {
  return { path, code, message, severity: 'error' };
}

function explain(error: OutputUnit, schema: Schema, field: Field): string {
  const byKind = `invalid-kind-${field.kind}`;
  const isShape = ['type', 'pattern', 'format'].includes(error.keyword);
  if (isShape && has(byKind)) return t(byKind);
  const limit = schema[error.keyword];
  const key = `invalid-${error.keyword}`;
  if (has(key)) return t(key, { limit: typeof limit === 'number' ? number(limit) : String(limit ?? '') });
  return t('invalid-other');
}
