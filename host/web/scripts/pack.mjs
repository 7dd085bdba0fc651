// Packs what is worth it, so that the host need not do it for each request.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

const dist = join(import.meta.dirname, '../dist');
const WORTH_IT = ['.css', '.html', '.js', '.json', '.svg', '.ftl'];

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !WORTH_IT.includes(extname(entry.name))) continue;
  const path = join(entry.parentPath, entry.name);
  const content = readFileSync(path);
  const packed = brotliCompressSync(content);
  if (packed.length < content.length) writeFileSync(`${path}.br`, packed);
}
