// What the host will do itself: the built app under the policy for pages, everything else handed to the host as it came.

import { createServer, request } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';

const dist = join(import.meta.dirname, '../dist');

export const POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'", "connect-src 'self'",
  "manifest-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'",
  'trusted-types svelte-trusted-html',
].join('; ');

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.json': 'application/json' };
const HOSTS = ['/v1/', '/healthz', '/readyz', '/problems/', '/openapi.json'];

/** Serves on a port of its own, in front of the host at this port. */
export async function serve(host, port = 0) {
  const server = createServer((incoming, answer) => {
    const path = new URL(incoming.url, 'http://any').pathname;
    if (HOSTS.some((one) => path.startsWith(one))) return forward(host, incoming, answer);
    void page(path, answer);
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { port: server.address().port, close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }) };
}

function forward(host, incoming, answer) {
  const onward = request({ port: host, host: '127.0.0.1', method: incoming.method, path: incoming.url, headers: incoming.headers }, (from) => {
    answer.writeHead(from.statusCode, from.headers);
    from.pipe(answer);
  });
  onward.on('error', () => answer.destroy());
  incoming.pipe(onward);
}

async function page(path, answer) {
  const file = normalize(path).replace(/^\/+/, '');
  const headers = { 'content-security-policy': POLICY, 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin' };
  try {
    const body = await readFile(join(dist, file || 'index.html'));
    const kept = file.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
    answer.writeHead(200, { ...headers, 'content-type': TYPES[extname(file || 'index.html')] ?? 'application/octet-stream', 'cache-control': kept });
    answer.end(body);
  } catch {
    if (extname(file)) return answer.writeHead(404, headers).end();
    answer.writeHead(200, { ...headers, 'content-type': TYPES['.html'], 'cache-control': 'no-cache' });
    answer.end(await readFile(join(dist, 'index.html')));
  }
}
