import { describe, expect, it } from 'vitest';
import type { Definition, Schema } from '$lib/api';
import { check } from './check';
import { shownFields, pagesOf } from './model';

function wrong(field: Schema, value: unknown, required = false): string[] {
  const definition: Definition = { schema: { type: 'object', required: required ? ['field'] : [], properties: { field } } };
  const data = { field: value };
  return check(definition, data, shownFields(pagesOf(definition), data)).map((one) => `${one.path} ${one.code}`);
}

describe('what is entered', () => {
  it('is needed when it is required, and may be empty else', () => {
    expect(wrong({ 'x-kind': 'text' }, '', true)).toEqual(['/field required']);
    expect(wrong({ 'x-kind': 'text' }, '')).toEqual([]);
  });

  it('is what its kind says', () => {
    expect(wrong({ 'x-kind': 'decimal' }, '12.50')).toEqual([]);
    expect(wrong({ 'x-kind': 'decimal' }, '12,50')).toEqual(['/field pattern']);
    expect(wrong({ 'x-kind': 'money' }, { amount: '12.50', currency: 'EUR' })).toEqual([]);
    expect(wrong({ 'x-kind': 'money' }, { amount: 'much', currency: 'EUR' })).toEqual(['/field pattern']);
    expect(wrong({ 'x-kind': 'number' }, 'twelve')).toEqual(['/field type']);
    expect(wrong({ 'x-kind': 'rating', 'x-max': 3 }, 4)).toEqual(['/field maximum']);
    expect(wrong({ 'x-kind': 'time' }, '25:00')).toEqual(['/field pattern']);
  });

  it('keeps the limits of its own schema', () => {
    expect(wrong({ 'x-kind': 'text', minLength: 3 }, 'ab')).toEqual(['/field minLength']);
    expect(wrong({ 'x-kind': 'number', minimum: 1 }, 0)).toEqual(['/field minimum']);
  });

  it('is looked at row by row in a table', () => {
    const table: Schema = { 'x-kind': 'table', items: { type: 'object', required: ['part'], properties: { part: { 'x-kind': 'text' }, price: { 'x-kind': 'decimal' } } } };
    expect(wrong(table, [{ part: 'Bolt', price: '1.50' }, { price: 'x' }])).toEqual(['/field/1/part required', '/field/1/price pattern']);
  });

  it('is not asked of what the host computes', () => {
    expect(wrong({ 'x-kind': 'calculated', 'x-formula': '1' }, undefined, true)).toEqual([]);
  });
});
