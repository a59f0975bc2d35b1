import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/**
 * The page: `dist/page/index.html`, `page.js`, `page.css`. One script, because `kubehop export --to out.html` puts it into a single file;
 * the engine for that file is `dist/page/engine.js` (scripts/build.mjs).
 */
export default defineConfig({
  root: folder('.'),
  base: './',
  logLevel: 'warn',
  build: {
    outDir: folder('../dist/page'),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      output: {
        codeSplitting: false,
        entryFileNames: 'page.js',
        assetFileNames: 'page[extname]',
      },
    },
  },
})
