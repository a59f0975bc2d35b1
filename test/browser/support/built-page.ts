import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type PageFile, readPageFiles } from '../../../src/server/index.ts'

const fromRoot = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url))

/** The page as it is now, built into a folder of its own and read. */
export async function builtPage(): Promise<ReadonlyMap<string, PageFile>> {
  const folder = await mkdtemp(join(tmpdir(), 'kubehop-page-'))
  try {
    const args = ['build', '--config', fromRoot('viz/vite.config.ts'), '--outDir', folder, '--emptyOutDir']
    // In a program of its own: that of the tests has NODE_ENV=test, and would get the developer's half of the libraries.
    const env = { ...process.env, NODE_ENV: 'production' }
    const vite = spawn(process.execPath, [fromRoot('node_modules/vite/bin/vite.js'), ...args], {
      env,
      stdio: 'inherit',
    })
    const [status] = await once(vite, 'exit')
    if (status !== 0) throw new Error(`the page does not build: vite ended with status ${status}`)
    return await readPageFiles(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
