//! Dates, numbers and amounts as the reader's language writes them.

import { locale, t } from './index.svelte';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const kept = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat | Intl.RelativeTimeFormat>();

function once<T extends Intl.DateTimeFormat | Intl.NumberFormat | Intl.RelativeTimeFormat>(
  what: string,
  make: (tag: string) => T,
): T {
  const { tag } = locale();
  const key = `${tag} ${what}`;
  const found = kept.get(key) as T | undefined;
  if (found) return found;
  const made = make(tag);
  kept.set(key, made);
  return made;
}

type When = string | number | Date;

export function moment(when: When): string {
  return once('moment', (tag) => new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'short' })).format(
    new Date(when),
  );
}

export function exactly(when: When): string {
  return once('exactly', (tag) => new Intl.DateTimeFormat(tag, { dateStyle: 'full', timeStyle: 'medium' })).format(
    new Date(when),
  );
}

export function clock(when: When): string {
  return once('clock', (tag) => new Intl.DateTimeFormat(tag, { timeStyle: 'short' })).format(new Date(when));
}

/** A day without a zone: it is shown as it is written, wherever the reader is. */
export function day(text: string): string {
  const date = new Date(`${text}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) return text;
  return once('day', (tag) => new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeZone: 'UTC' })).format(date);
}

/** The day of a moment, in the reader's zone. */
export function dayOf(when: When): string {
  return once('day-of', (tag) => new Intl.DateTimeFormat(tag, { dateStyle: 'medium' })).format(new Date(when));
}

/** Like “3 hours ago” or “in 2 days”. */
export function ago(when: When, now = Date.now()): string {
  const difference = new Date(when).getTime() - now;
  const size = Math.abs(difference);
  if (size < MINUTE) return t('just-now');
  const format = once('ago', (tag) => new Intl.RelativeTimeFormat(tag, { numeric: 'auto' }));
  if (size < HOUR) return format.format(Math.round(difference / MINUTE), 'minute');
  if (size < DAY) return format.format(Math.round(difference / HOUR), 'hour');
  if (size < 30 * DAY) return format.format(Math.round(difference / DAY), 'day');
  if (size < 365 * DAY) return format.format(Math.round(difference / (30 * DAY)), 'month');
  return format.format(Math.round(difference / (365 * DAY)), 'year');
}

export function number(value: number, options: Intl.NumberFormatOptions = {}): string {
  return once(`number ${JSON.stringify(options)}`, (tag) => new Intl.NumberFormat(tag, options)).format(value);
}

/** Exact digits, with the reader's separators: a decimal is text, and is never made a float. */
export function decimal(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) return text;
  const [, sign = '', whole = '0', part] = match;
  const format = once('decimal', (tag) => new Intl.NumberFormat(tag));
  const parts = format.formatToParts(-12345.6);
  const point = parts.find((one) => one.type === 'decimal')?.value ?? '.';
  const minus = parts.find((one) => one.type === 'minusSign')?.value ?? '-';
  return (sign && minus) + format.format(BigInt(whole)) + (part === undefined ? '' : point + part);
}

export function money(amount: string, currency: string): string {
  return `${decimal(amount)} ${currency}`;
}

export function bytes(count: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
  const step = count < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3));
  const unit = units[step] ?? 'byte';
  return number(count / 1000 ** step, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 });
}

/** How long something took. */
export function duration(ms: number): string {
  const unit = (value: number, name: string, digits = 1) =>
    number(value, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits });
  if (ms < 1) return unit(ms, 'millisecond', 2);
  if (ms < 1_000) return unit(ms, 'millisecond', 0);
  if (ms < MINUTE) return unit(ms / 1_000, 'second');
  if (ms < HOUR) return unit(ms / MINUTE, 'minute');
  if (ms < 2 * DAY) return unit(ms / HOUR, 'hour');
  return unit(ms / DAY, 'day');
}
