// What a page may weigh, gzipped: the start at most 60 kB, a page that is loaded later at most 110 kB.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const START_KB_MAX = 60;
const PAGE_KB_MAX = 110;

const dist = join(import.meta.dirname, '../dist');
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'));
const weighed = new Map();

function weight(file) {
  if (!weighed.has(file)) weighed.set(file, gzipSync(readFileSync(join(dist, file))).length);
  return weighed.get(file);
}

/** Scripts and styles that come with an entry, without those that are there already. */
function files(key, there = new Set(), seen = new Set()) {
  if (seen.has(key)) return new Set();
  seen.add(key);
  const { file, css = [], imports = [] } = manifest[key];
  const all = new Set([file, ...css].filter((one) => /\.(js|css)$/.test(one) && !there.has(one)));
  for (const other of imports) for (const one of files(other, there, seen)) all.add(one);
  return all;
}

const kb = (list) => [...list].reduce((sum, file) => sum + weight(file), 0) / 1000;

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const start = files(entry);
const rows = [['start', kb(start), START_KB_MAX]];
for (const [key, { isDynamicEntry, src = '' }] of Object.entries(manifest)) {
  if (isDynamicEntry && !src.endsWith('.ftl')) rows.push([src.replace('src/', ''), kb(files(key, start)), PAGE_KB_MAX]);
}
rows.sort(([, one], [, other]) => other - one);
for (const [name, size, most] of rows) console.log(`${size.toFixed(1).padStart(7)} kB  of ${most}  ${name}`);
const heavy = rows.filter(([, size, most]) => size > most);
if (heavy.length) {
  console.error(`too heavy: ${heavy.map(([name]) => name).join(', ')}`);
  process.exit(1);
}
