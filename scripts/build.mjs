// Builds dist/: the library and the command line as ES modules split into chunks, and the type declarations.
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { build } from 'esbuild'
import { build as buildPage } from 'vite'

rmSync('dist', { recursive: true, force: true })
await build({
  entryPoints: { index: 'src/index.ts', 'cli/main': 'src/cli/main.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'linked',
  minifySyntax: true,
  chunkNames: 'chunks/[name]-[hash]',
  // CommonJS packages inside an ES module bundle need a `require`.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module';const require=__createRequire(import.meta.url);",
  },
  logLevel: 'warning',
})
chmodSync('dist/cli/main.js', 0o755)
// The agent of `trace --kernel`: it stands beside the chunk that starts it.
for (const name of ['agent.py', 'netlink.py']) copyFileSync(`src/cli/kernel/${name}`, `dist/chunks/${name}`)

// The page, and the engine for its worker: a classic script, so that it may also be put into a single HTML file.
await buildPage({ configFile: 'viz/vite.config.ts' })
await build({
  entryPoints: { engine: 'viz/engine/worker.ts' },
  outdir: 'dist/page',
  bundle: true,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  minify: true,
  logLevel: 'warning',
})

if (!process.argv.includes('--no-types')) {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  const result = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' })
  if (result.status !== 0) process.exit(result.status ?? 1)
}
