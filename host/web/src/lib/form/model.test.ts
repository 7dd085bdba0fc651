import { describe, expect, it } from 'vitest';
import type { Definition } from '$lib/api';
import { effectOf, fieldsOf, kindOf, orderedFields, pagesOf, sent, shownFields, words } from './model';
import { typed } from './show';

const definition: Definition = {
  schema: {
    type: 'object',
    required: ['name'],
    properties: {
      name: { 'x-kind': 'text', title: 'Name' },
      stopped: { 'x-kind': 'yes-no' },
      why: { 'x-kind': 'long-text' },
      total: { 'x-kind': 'calculated', 'x-formula': '1 + 1' },
      unplaced: { 'x-kind': 'text' },
    },
  },
  layout: {
    type: 'Categorization',
    elements: [
      { type: 'Category', label: 'One', elements: [{ type: 'Control', scope: '#/properties/stopped' }, { type: 'Control', scope: '#/properties/name' }] },
      {
        type: 'Category', label: 'Two',
        rule: { effect: 'HIDE', condition: { scope: '#/properties/stopped', schema: { const: false } } },
        elements: [{ type: 'Group', elements: [{ type: 'Control', scope: '#/properties/why', rule: { effect: 'SHOW', condition: { scope: '#/properties/stopped', schema: { const: true } } } }] }],
      },
    ],
  },
};

describe('a form', () => {
  it('has a page for each category, and one without', () => {
    expect(pagesOf(definition).map((page) => page.title)).toEqual(['One', 'Two']);
    expect(pagesOf({ schema: definition.schema })).toHaveLength(1);
  });

  it('shows what its rules let be shown', () => {
    const pages = pagesOf(definition);
    expect([...shownFields(pages, {})]).toEqual(['stopped', 'name']);
    expect([...shownFields(pages, { stopped: true })]).toEqual(['stopped', 'name', 'why']);
    expect([...shownFields(pages, { stopped: false })]).toEqual(['stopped', 'name']);
    expect(effectOf({ effect: 'DISABLE', condition: { scope: '#/properties/name', schema: true } }, {})).toEqual({ shown: true, enabled: false });
  });

  it('sends nothing that is hidden, empty or calculated', () => {
    const data = { name: 'Press', stopped: false, why: 'It was hidden.', total: '2', unplaced: 'kept' };
    expect(sent(definition, data)).toEqual({ name: 'Press', stopped: false, unplaced: 'kept' });
    expect(sent(definition, { name: '', stopped: true, why: 'It leaks.' })).toEqual({ stopped: true, why: 'It leaks.' });
  });

  it('has its fields in the order of its layout', () => {
    expect(orderedFields(definition).map((field) => field.name)).toEqual(['stopped', 'name', 'why', 'total', 'unplaced']);
  });

  it('takes a field without a kind for what its type says', () => {
    expect(kindOf({ type: 'boolean' })).toBe('yes-no');
    expect(kindOf({ type: ['null', 'integer'] })).toBe('number');
    expect(kindOf({ enum: ['a', 'b'] })).toBe('select');
    expect(kindOf({ type: 'string', format: 'date' })).toBe('date');
    expect(kindOf({ type: 'array', items: { type: 'object', properties: { part: {} } } })).toBe('table');
    expect(fieldsOf({ properties: { 'approved-by': {} } })[0]?.label).toBe('Approved by');
    expect(words('dueDate')).toBe('Due date');
  });
});

describe('a number that is typed', () => {
  it('is exact digits with a point, however it is written', () => {
    expect(typed('1.234,50', ',')).toBe('1234.50');
    expect(typed('1,234.50', '.')).toBe('1234.50');
    expect(typed('12.5', ',')).toBe('12.5');
    expect(typed('12 000', '.')).toBe('12000');
  });
});
