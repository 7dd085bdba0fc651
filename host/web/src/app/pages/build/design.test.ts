import { describe, expect, it } from 'vitest';
import type { Definition } from '$lib/api';
import { definitionOf, designOf, move, nameFor, newField } from './design';

const definition: Definition = {
  schema: {
    type: 'object',
    required: ['name'],
    properties: {
      name: { 'x-kind': 'text', title: 'Name', minLength: 3 },
      status: { 'x-kind': 'select', title: 'Status', oneOf: [{ const: 'on', title: 'On' }, { const: 'off', title: 'Off' }] },
      why: { 'x-kind': 'long-text', title: 'Why' },
      parts: { 'x-kind': 'table', title: 'Parts', items: { type: 'object', properties: { part: { 'x-kind': 'text', title: 'Part' } } } },
    },
  },
  layout: {
    type: 'Categorization',
    elements: [
      { type: 'Category', label: 'One', elements: [{ type: 'HorizontalLayout', elements: [{ type: 'Control', scope: '#/properties/name' }, { type: 'Control', scope: '#/properties/status' }] }] },
      { type: 'Category', label: 'Two', elements: [{ type: 'Control', scope: '#/properties/why', rule: { effect: 'SHOW', condition: { scope: '#/properties/status', schema: { const: 'off' } } } }, { type: 'Control', scope: '#/properties/parts' }] },
    ],
  },
  indexes: [{ fields: ['name'], unique: true }],
  search: ['name'],
};

describe('a design', () => {
  it('comes back as the definition that it was made of', () => {
    expect(definitionOf(designOf(definition))).toEqual(definition);
  });

  it('has fields that no layout places', () => {
    const design = designOf({ schema: definition.schema });
    expect(design.pages[0]?.fields.map((field) => field.name)).toEqual(['name', 'status', 'why', 'parts']);
  });

  it('moves fields within a step and to another one', () => {
    const design = designOf(definition);
    move(design, { page: 0, at: 0 }, { page: 0, at: 2 });
    expect(design.pages[0]?.fields.map((field) => field.name)).toEqual(['status', 'name']);
    move(design, { page: 0, at: 0 }, { page: 1, at: 1 });
    expect(design.pages[1]?.fields.map((field) => field.name)).toEqual(['why', 'status', 'parts']);
  });

  it('gives new fields names of their own', () => {
    expect(nameFor('Straße & Nr.', [])).toBe('stra-e-nr');
    expect(nameFor('Name', ['name'])).toBe('name-2');
    expect(newField('select', 'Choice', []).choices).toHaveLength(2);
  });

  it('forgets indexes of fields that are gone', () => {
    const design = designOf(definition);
    design.pages[0]?.fields.shift();
    expect(definitionOf(design)).toMatchObject({ schema: { properties: { status: {} } } });
    expect(definitionOf(design).indexes).toBeUndefined();
  });
});
