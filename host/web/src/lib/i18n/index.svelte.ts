//! Texts in the person's language, from Fluent files.

import { FluentBundle, FluentResource, type FluentVariable } from '@fluent/bundle';
import { mirrored, pseudo } from './pseudo';

export type Language = 'en' | 'de';

/** Files of texts: `app` is there from the start, others come with the pages that need them. */
export type Texts = 'app' | 'admin' | 'console';

export interface Locale {
  /** For `Intl`. */
  tag: string;
  /** Whose files are used. */
  language: Language;
  dir: 'ltr' | 'rtl';
  transform?: (text: string) => string;
}

const files = import.meta.glob<string>('./{en,de}/*.ftl', { query: '?raw', import: 'default' });

const state = $state({ locale: localeOf('en'), loads: 0 });
let bundle = new FluentBundle('en');
const loaded = new Set<Texts>();

/** `en-XA` shows what was not translated, `ar-XB` what does not work from right to left. */
export function localeOf(tag: string): Locale {
  if (tag === 'en-XA') return { tag: 'en', language: 'en', dir: 'ltr', transform: pseudo };
  if (tag === 'ar-XB') return { tag: 'en', language: 'en', dir: 'rtl', transform: mirrored };
  const language: Language = tag.toLowerCase().startsWith('de') ? 'de' : 'en';
  return { tag: tag.toLowerCase().startsWith(language) ? tag : language, language, dir: 'ltr' };
}

/** Shows everything in this language from now on. */
export async function useLocale(tag: string): Promise<void> {
  const wanted = localeOf(tag);
  const next = bundleOf(wanted);
  for (const texts of new Set<Texts>(['app', ...loaded])) next.addResource(await read(wanted.language, texts));
  loaded.add('app');
  bundle = next;
  state.locale = wanted;
  state.loads += 1;
  document.documentElement.lang = wanted.tag;
  document.documentElement.dir = wanted.dir;
}

/** Has more texts there, before a page that uses them is shown. */
export async function useTexts(texts: Texts): Promise<void> {
  if (loaded.has(texts)) return;
  loaded.add(texts);
  bundle.addResource(await read(state.locale.language, texts));
  state.loads += 1;
}

async function read(language: Language, texts: Texts): Promise<FluentResource> {
  const file = files[`./${language}/${texts}.ftl`];
  return new FluentResource(file ? await file() : '');
}

function bundleOf(locale: Locale): FluentBundle {
  return new FluentBundle(locale.tag, {
    useIsolating: locale.dir === 'rtl',
    ...(locale.transform ? { transform: locale.transform } : {}),
  });
}

/** A text. One that is missing shows its key, which a test looks for. */
export function t(key: string, values?: Record<string, FluentVariable | null | undefined>): string {
  void state.loads;
  const message = bundle.getMessage(key);
  if (!message?.value) return key;
  const errors: Error[] = [];
  const text = bundle.formatPattern(message.value, (values ?? {}) as Record<string, FluentVariable>, errors);
  for (const error of errors) console.error(`${key}: ${error.message}`);
  return text;
}

/** Whether there is such a text: for words that the host may add to. */
export function has(key: string): boolean {
  void state.loads;
  return bundle.hasMessage(key);
}

/** The text for a word of the host's, or the word itself. */
export function word(prefix: string, value: string): string {
  const key = `${prefix}-${value}`;
  return has(key) ? t(key) : value;
}

export function locale(): Locale {
  return state.locale;
}
