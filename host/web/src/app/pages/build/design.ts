//! A form while it is designed: fields in an order, in steps; made from a definition, and a definition made from it.

import type { Definition, LayoutElement, Schema } from '$lib/api';
import { control, fieldName, fieldsOf, pagesOf, type Choice, type Kind } from '$lib/form/model';

export interface DesignField {
  /** Stays the same while its name is changed. */
  key: number;
  name: string;
  kind: Kind;
  label: string;
  hint: string;
  required: boolean;
  choices: Choice[];
  collection: string;
  formula: string;
  most: number;
  columns: DesignField[];
  /** Beside the one before it. */
  beside: boolean;
  rule: Rule | null;
  /** What its schema says besides. */
  more: Schema;
}

export interface Rule {
  effect: 'SHOW' | 'HIDE' | 'ENABLE' | 'DISABLE';
  field: string;
  /** The value that it waits for, as text. */
  equals: string;
}

export interface DesignPage {
  title: string;
  fields: DesignField[];
}

export interface Design {
  pages: DesignPage[];
  indexes: NonNullable<Definition['indexes']>;
  search: string[];
}

const KNOWN = ['x-kind', 'title', 'description', 'oneOf', 'enum', 'items', 'x-collection', 'x-formula', 'x-max'];
let keys = 0;

export function newField(kind: Kind, label: string, taken: string[]): DesignField {
  keys += 1;
  return {
    key: keys, name: nameFor(label, taken), kind, label, hint: '', required: false,
    choices: kind === 'select' || kind === 'multi-select' ? [{ value: 'first', label: 'First' }, { value: 'second', label: 'Second' }] : [],
    collection: '', formula: '', most: 5, columns: [], beside: false, rule: null, more: {},
  };
}

/** A name that a field can have, and that no other one has. */
export function nameFor(label: string, taken: string[]): string {
  const plain = label.normalize('NFKD').replace(/[^A-Za-z0-9]+/g, '-').replace(/^[^A-Za-z]+|-+$/g, '').toLowerCase().slice(0, 50) || 'field';
  if (!taken.includes(plain)) return plain;
  for (let number = 2; ; number += 1) {
    if (!taken.includes(`${plain}-${number}`)) return `${plain}-${number}`;
  }
}

export function designOf(definition: Definition): Design {
  const all = new Map(fieldsOf(definition.schema).map((field) => [field.name, field]));
  const placed = new Set<string>();
  const pages = pagesOf(definition).map((page): DesignPage => {
    const fields: DesignField[] = [];
    const walk = (element: LayoutElement, beside: boolean) => {
      const name = element.type === 'Control' ? fieldName(element.scope) : undefined;
      const field = name === undefined ? undefined : all.get(name);
      if (field && !placed.has(field.name)) {
        placed.add(field.name);
        fields.push({ ...designField(field), beside, rule: ruleOf(element) });
      }
      element.elements?.forEach((child, index) => walk(child, element.type === 'HorizontalLayout' && index > 0));
    };
    page.elements.forEach((element) => walk(element, false));
    return { title: page.title ?? '', fields };
  });
  const rest = [...all.values()].filter((field) => !placed.has(field.name)).map(designField);
  const [first] = pages;
  if (first) first.fields.push(...rest);
  else pages.push({ title: '', fields: rest });
  return { pages, indexes: definition.indexes ?? [], search: definition.search ?? [] };
}

function designField(field: ReturnType<typeof fieldsOf>[number]): DesignField {
  keys += 1;
  const more = Object.fromEntries(Object.entries(field.schema).filter(([name]) => !KNOWN.includes(name))) as Schema;
  return {
    key: keys, name: field.name, kind: field.kind, label: field.label, hint: field.hint ?? '', required: field.required, choices: field.choices,
    collection: String(field.schema['x-collection'] ?? ''), formula: String(field.schema['x-formula'] ?? ''), most: Number(field.schema['x-max'] ?? 5),
    columns: field.columns.map(designField), beside: false, rule: null, more,
  };
}

function ruleOf(element: LayoutElement): Rule | null {
  const { rule } = element;
  const field = fieldName(rule?.condition.scope);
  const schema = rule?.condition.schema as { const?: unknown } | undefined;
  if (!rule || !field || schema?.const === undefined) return null;
  return { effect: rule.effect, field, equals: String(schema.const) };
}

export function definitionOf(design: Design): Definition {
  const fields = design.pages.flatMap((page) => page.fields);
  const kinds = new Map(fields.map((field) => [field.name, field.kind]));
  const names = new Set(fields.map((field) => field.name));
  const pages = design.pages.map((page) => ({ type: 'Category', label: page.title || undefined, elements: elements(page.fields, kinds) }));
  const [only] = pages;
  const layout: LayoutElement = pages.length > 1 ? { type: 'Categorization', elements: pages.map(plain) } : { type: 'VerticalLayout', elements: only?.elements ?? [] };
  const indexes = design.indexes.filter((index) => index.fields.every((name) => names.has(name)));
  const search = design.search.filter((name) => names.has(name));
  return { schema: schemaOf(fields), layout, ...(indexes.length ? { indexes } : {}), ...(search.length ? { search } : {}) };
}

const plain = (element: LayoutElement & { label?: string | undefined }): LayoutElement => {
  const { label, ...others } = element;
  return label ? { ...others, label } : others;
};

function schemaOf(fields: DesignField[]): Schema {
  const required = fields.filter((field) => field.required && field.kind !== 'calculated').map((field) => field.name);
  const properties = Object.fromEntries(fields.map((field) => [field.name, schemaOfField(field)]));
  return { type: 'object', ...(required.length ? { required } : {}), properties };
}

function schemaOfField(field: DesignField): Schema {
  const oneOf = field.choices.map(({ value, label }) => ({ const: value, title: label }));
  return {
    ...field.more,
    'x-kind': field.kind,
    title: field.label,
    ...(field.hint ? { description: field.hint } : {}),
    ...(field.kind === 'select' ? { oneOf } : {}),
    ...(field.kind === 'multi-select' ? { items: { oneOf } } : {}),
    ...(field.kind === 'reference' ? { 'x-collection': field.collection } : {}),
    ...(field.kind === 'calculated' ? { 'x-formula': field.formula } : {}),
    ...(field.kind === 'rating' ? { 'x-max': field.most } : {}),
    ...(field.kind === 'table' ? { items: schemaOf(field.columns) } : {}),
  };
}

function elements(fields: DesignField[], kinds: Map<string, Kind>): LayoutElement[] {
  const found: LayoutElement[] = [];
  for (const field of fields) {
    const element: LayoutElement = { ...control(field.name), ...(field.rule ? { rule: written(field.rule, kinds) } : {}) };
    const before = found.at(-1);
    if (!field.beside || !before) found.push(element);
    else if (before.type === 'HorizontalLayout') before.elements?.push(element);
    else found.splice(-1, 1, { type: 'HorizontalLayout', elements: [before, element] });
  }
  return found;
}

function written(rule: Rule, kinds: Map<string, Kind>): NonNullable<LayoutElement['rule']> {
  const kind = kinds.get(rule.field);
  const value = kind === 'yes-no' ? rule.equals === 'true' : kind === 'number' || kind === 'rating' ? Number(rule.equals) : rule.equals;
  return { effect: rule.effect, condition: { scope: `#/properties/${rule.field}`, schema: { const: value } } };
}

/** Puts a field elsewhere: in front of the one at `to` on that page. */
export function move(design: Design, from: { page: number; at: number }, to: { page: number; at: number }): void {
  const [field] = design.pages[from.page]?.fields.splice(from.at, 1) ?? [];
  if (!field) return;
  const at = from.page === to.page && from.at < to.at ? to.at - 1 : to.at;
  design.pages[to.page]?.fields.splice(at, 0, field);
}
