import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { fileURLToPath } from 'node:url';

const src = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
  plugins: [svelte()],
  resolve: { alias: { $lib: src('lib'), $app: src('app'), $console: src('console') } },
  build: {
    target: 'es2023',
    manifest: true,
    // The folder is always there, because the host's program is built out of it.
    emptyOutDir: false,
    // Data URLs of fonts and scripts are refused by the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/v1': process.env.SIGNALSYNC_URL ?? 'http://127.0.0.1:8080' } },
});
