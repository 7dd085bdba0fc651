//! Values in words, for lists and for what is only read.

import { day, decimal, moment, money, number } from '$lib/i18n/format';
import { t } from '$lib/i18n/index.svelte';
import { isEmpty, type Field } from './model';

/** A value as text; empty values are an empty text. References and people are shown by whoever knows their names. */
export function show(field: Field, value: unknown): string {
  if (isEmpty(value)) return '';
  switch (field.kind) {
    case 'number':
      return typeof value === 'number' ? number(value, { maximumFractionDigits: 10 }) : plain(value);
    case 'decimal':
      return typeof value === 'string' ? decimal(value) : plain(value);
    case 'money': {
      const { amount, currency } = value as { amount?: string; currency?: string };
      return amount && currency ? money(amount, currency) : plain(value);
    }
    case 'date':
      return typeof value === 'string' ? day(value) : plain(value);
    case 'date-time':
      return typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? moment(value) : plain(value);
    case 'yes-no':
      return value === true ? t('yes') : value === false ? t('no') : plain(value);
    case 'select':
      return field.choices.find((choice) => choice.value === String(value))?.label ?? plain(value);
    case 'multi-select':
      return Array.isArray(value)
        ? value.map((one) => field.choices.find((choice) => choice.value === String(one))?.label ?? plain(one)).join(', ')
        : plain(value);
    case 'rating':
      return typeof value === 'number' ? `${number(value)} / ${number(Number(field.schema['x-max'] ?? 5))}` : plain(value);
    case 'file':
      return (value as { name?: string }).name ?? plain(value);
    case 'signature':
      return (value as { name?: string }).name ?? plain(value);
    case 'table':
      return Array.isArray(value) ? t('rows', { count: value.length }) : plain(value);
    case 'calculated':
      return calculated(field, value);
    default:
      return plain(value);
  }
}

function calculated(field: Field, value: unknown): string {
  if (value === true || value === false) return value ? t('yes') : t('no');
  if (typeof value === 'number') return number(value, { maximumFractionDigits: 10 });
  const result = field.schema['x-result'] ?? 'decimal';
  if (typeof value !== 'string') return plain(value);
  return result === 'decimal' ? decimal(value) : result === 'date' ? day(value) : value;
}

export function plain(value: unknown): string {
  if (typeof value === 'boolean') return value ? t('yes') : t('no');
  return typeof value === 'string' ? value : typeof value === 'number' ? number(value) : JSON.stringify(value);
}

/** What a person types as a number, as the host takes it: exact digits with a point. */
export function typed(text: string, separator: string): string {
  const trimmed = text.trim().replace(/[\s\u00a0\u202f']/g, '');
  if (separator !== ',') return trimmed.replaceAll(',', '');
  return trimmed.includes(',') ? trimmed.replaceAll('.', '').replace(',', '.') : trimmed;
}
