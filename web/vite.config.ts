import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// `npm run dev` serves the page with the API of a running `clew serve`:
// CLEW_API=http://127.0.0.1:8777 CLEW_TOKEN=... npm run dev
const api = process.env['CLEW_API'];

export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: '../internal/server/page/dist',
    emptyOutDir: false, // its .gitignore stays; make removes the rest
    assetsInlineLimit: 0, // the policy of the server lets nothing inline load
    modulePreload: { polyfill: false }, // it would be an inline script
    target: 'es2022',
  },
  worker: { format: 'es' },
  server: api
    ? {
        proxy: {
          '/api': {
            target: api,
            changeOrigin: true,
            headers: { Authorization: `Bearer ${process.env['CLEW_TOKEN'] ?? ''}`, Origin: api },
          },
        },
      }
    : {},
});
