//! What a definition says of a form: its fields, its pages, and when a part is shown.

import { Validator } from '@cfworker/json-schema';
import type { Body, Definition, LayoutElement, Schema } from '$lib/api/types';

export const KINDS = [
  'text', 'long-text', 'number', 'decimal', 'money', 'date', 'time', 'date-time', 'yes-no', 'select', 'multi-select',
  'reference', 'user', 'file', 'calculated', 'rating', 'signature', 'table',
] as const;

export type Kind = (typeof KINDS)[number];

export interface Choice {
  value: string;
  label: string;
}

export interface Field {
  name: string;
  kind: Kind;
  label: string;
  hint: string | undefined;
  required: boolean;
  schema: Schema;
  /** Of a select, and of a multi-select. */
  choices: Choice[];
  /** Of a table. */
  columns: Field[];
}

export interface FormPage {
  title: string | undefined;
  elements: LayoutElement[];
  rule: LayoutElement['rule'];
}

/** The fields of a schema, in their order. */
export function fieldsOf(schema: Schema | undefined): Field[] {
  const required = new Set(schema?.required ?? []);
  return Object.entries(schema?.properties ?? {}).map(([name, own]) => fieldOf(name, own, required.has(name)));
}

function fieldOf(name: string, schema: Schema, required: boolean): Field {
  const kind = kindOf(schema);
  return {
    name,
    kind,
    label: typeof schema.title === 'string' ? schema.title : words(name),
    hint: typeof schema.description === 'string' ? schema.description : undefined,
    required,
    schema,
    choices: choicesOf(kind === 'multi-select' ? schema.items : schema),
    columns: kind === 'table' ? fieldsOf(schema.items) : [],
  };
}

/** `approved-by` → `Approved by`. */
export function words(name: string): string {
  const text = name.replace(/([a-z])([A-Z])/g, '$1 $2').replace(/[-_]+/g, ' ').toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What a field is for; one that does not say is what its JSON type is. */
export function kindOf(schema: Schema): Kind {
  const said = schema['x-kind'];
  if (typeof said === 'string' && (KINDS as readonly string[]).includes(said)) return said as Kind;
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== 'null') : schema.type;
  if (schema.enum || schema.oneOf?.some((one) => 'const' in one)) return 'select';
  switch (type) {
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'yes-no';
    case 'array':
      return schema.items?.properties ? 'table' : schema.items?.enum ? 'multi-select' : 'text';
    default:
      if (schema.format === 'date') return 'date';
      if (schema.format === 'date-time') return 'date-time';
      return typeof schema.maxLength === 'number' && schema.maxLength > 300 ? 'long-text' : 'text';
  }
}

function choicesOf(schema: Schema | undefined): Choice[] {
  if (schema?.oneOf) {
    return schema.oneOf
      .filter((one) => 'const' in one)
      .map((one) => ({ value: String(one.const), label: one.title ?? String(one.const) }));
  }
  return (schema?.enum ?? []).map((value) => ({ value: String(value), label: words(String(value)) }));
}

/** The steps of a form: one, unless its layout is made of categories. */
export function pagesOf(definition: Definition): FormPage[] {
  const { layout } = definition;
  if (!layout) {
    const elements = Object.keys(definition.schema.properties ?? {}).map((name) => control(name));
    return [{ title: undefined, elements, rule: undefined }];
  }
  if (layout.type !== 'Categorization') return [{ title: undefined, elements: [layout], rule: undefined }];
  return (layout.elements ?? []).map((category) => ({
    title: category.label,
    elements: category.elements ?? [],
    rule: category.rule,
  }));
}

export const control = (name: string): LayoutElement => ({ type: 'Control', scope: `#/properties/${name}` });

/** The field that a scope leads to. */
export function fieldName(scope: string | undefined): string | undefined {
  return scope?.startsWith('#/properties/') ? scope.slice('#/properties/'.length).split('/')[0] : undefined;
}

export interface Effect {
  shown: boolean;
  enabled: boolean;
}

/** What a rule does with what is entered now. */
export function effectOf(rule: LayoutElement['rule'], data: Body): Effect {
  if (!rule) return { shown: true, enabled: true };
  const name = fieldName(rule.condition.scope);
  const holds = fits(rule.condition.schema, name === undefined ? undefined : data[name]);
  switch (rule.effect) {
    case 'SHOW':
      return { shown: holds, enabled: true };
    case 'HIDE':
      return { shown: !holds, enabled: true };
    case 'ENABLE':
      return { shown: true, enabled: holds };
    case 'DISABLE':
      return { shown: true, enabled: !holds };
  }
}

function fits(schema: unknown, value: unknown): boolean {
  if (typeof schema === 'boolean') return schema;
  // What was not entered fulfils no condition, unless the condition is that nothing was.
  const given = value === undefined ? null : value;
  return new Validator(schema as object, '2020-12').validate(given).valid;
}

/** The names of the fields that are shown, on these pages or on all. */
export function shownFields(pages: FormPage[], data: Body): Set<string> {
  const names = new Set<string>();
  const walk = (element: LayoutElement) => {
    if (!effectOf(element.rule, data).shown) return;
    const name = element.type === 'Control' ? fieldName(element.scope) : undefined;
    if (name) names.add(name);
    element.elements?.forEach(walk);
  };
  for (const page of pages) {
    if (effectOf(page.rule, data).shown) page.elements.forEach(walk);
  }
  return names;
}

/** All names that the layout has, shown or not. */
function placedFields(pages: FormPage[]): Set<string> {
  const names = new Set<string>();
  const walk = (element: LayoutElement) => {
    const name = element.type === 'Control' ? fieldName(element.scope) : undefined;
    if (name) names.add(name);
    element.elements?.forEach(walk);
  };
  pages.forEach((page) => page.elements.forEach(walk));
  return names;
}

/** The fields as the form has them, one after the other: the host keeps no order in a schema. */
export function orderedFields(definition: Definition | null | undefined): Field[] {
  if (!definition) return [];
  const fields = fieldsOf(definition.schema);
  const order = [...placedFields(pagesOf(definition))];
  const place = (field: Field) => (order.includes(field.name) ? order.indexOf(field.name) : order.length);
  return fields.sort((one, other) => place(one) - place(other));
}

/** What is sent: without what is hidden, what is empty, and what the host computes. */
export function sent(definition: Definition, data: Body): Body {
  const pages = pagesOf(definition);
  const [shown, placed] = [shownFields(pages, data), placedFields(pages)];
  const kinds = new Map(fieldsOf(definition.schema).map((field) => [field.name, field]));
  const kept = Object.entries(data).filter(([name, value]) => {
    const hidden = placed.has(name) && !shown.has(name);
    return !hidden && !isEmpty(value) && kinds.get(name)?.kind !== 'calculated';
  });
  return Object.fromEntries(kept);
}

export function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
}
