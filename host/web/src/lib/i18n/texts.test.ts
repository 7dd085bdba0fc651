import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FluentResource } from '@fluent/bundle';
import { describe, expect, it } from 'vitest';
import { mirrored, pseudo } from './pseudo';

const here = import.meta.dirname;
const src = join(here, '../..');

function keys(language: string): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const file of readdirSync(join(here, language))) {
    const resource = new FluentResource(readFileSync(join(here, language, file), 'utf8'));
    for (const entry of resource.body) {
      expect(found.has(entry.id), `${language}: ${entry.id} stands twice`).toBe(false);
      found.set(entry.id, entry.value);
    }
  }
  return found;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.(svelte|ts)$/.test(entry.name) && !entry.name.endsWith('.test.ts') ? [path] : [];
  });
}

/** The values that a text is filled with. */
function variables(value: unknown): string[] {
  return [...new Set([...JSON.stringify(value).matchAll(/"type":"var","name":"([^"]+)"/g)].map((match) => match[1] ?? ''))].sort();
}

describe('texts', () => {
  const [english, german] = [keys('en'), keys('de')];

  it('are complete in both languages', () => {
    expect([...german.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it('are filled with the same values in both languages', () => {
    const differ = [...english].filter(([key, value]) => !subset(variables(german.get(key)), variables(value)));
    expect(differ.map(([key]) => key)).toEqual([]);
  });

  it('are there for every key that the app asks for', () => {
    const text = sources(src).map((path) => readFileSync(path, 'utf8')).join('\n');
    const asked = [...text.matchAll(/\bt\(\s*'([a-zA-Z0-9-]+)'/g), ...text.matchAll(/\btitle: '(page-[a-z-]+)'/g)].map((match) => match[1] ?? '');
    expect([...new Set(asked)].filter((key) => !english.has(key))).toEqual([]);
  });

  it('are asked for by the app', () => {
    const text = sources(src).map((path) => readFileSync(path, 'utf8')).join('\n');
    const heads = [...text.matchAll(/\b(?:t|word|has)\(\s*[`']([a-z-]+?)(?:\$\{|',)/g)].map((match) => match[1] ?? '');
    const made = ['problem-', 'invalid-', ...heads];
    const unused = [...english.keys()].filter((key) => !text.includes(`'${key}'`) && !made.some((head) => key.startsWith(head)));
    expect(unused).toEqual([]);
  });
});

describe('pseudo-locales', () => {
  it('lengthen and mirror', () => {
    expect(pseudo('Save')).toBe('Šáṽéẋẋ');
    expect(mirrored(' ')).toBe(' ');
    expect(mirrored('Save')).toBe('\u202eSave\u202c');
  });
});

const subset = (small: string[], large: string[]) => small.every((one) => large.includes(one));
