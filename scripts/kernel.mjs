// `npm run kernel -- --runs 10000 --seed N`: random experiments, done in the real kernel and in the simulator.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

if (process.platform !== 'linux' || process.getuid?.() !== 0) {
  console.error('npm run kernel builds network namespaces: it needs Linux and root (sudo npm run kernel)')
  process.exit(2)
}
const program = fileURLToPath(new URL('../test/kernel/random/cli.ts', import.meta.url))
const { status } = spawnSync(process.execPath, ['--import', 'tsx', program, ...process.argv.slice(2)], {
  stdio: 'inherit',
})
process.exit(status ?? 1)
