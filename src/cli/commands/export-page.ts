import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Session } from '../../api/index.ts'
import { KubehopError } from '../../errors.ts'
import { renderPageFile } from '../../export/index.ts'
import { findPageFolder } from '../../server/index.ts'
import type { CommonOptions } from '../common-options.ts'
import { readClusterInput } from '../load-cluster.ts'
import { writeOut } from '../write-out.ts'

/** `kubehop export --to FILE.html`: the page with the engine and the cluster inside, for a browser without a server. */
export async function exportPage(file: string, options: CommonOptions): Promise<number> {
  const input = await readClusterInput(options)
  // What the page could not load is refused here, with its place.
  const { current } = Session.load(input)
  const folder = findPageFolder()
  if (folder === undefined) throw new KubehopError('KH_IO', 'the page is not built: run npm run build')
  const part = (name: string) => readFile(join(folder, name), 'utf8')
  const [script, style, engine] = await Promise.all([part('page.js'), part('page.css'), part('engine.js')])
  const { name } = current.cluster.config
  const text = renderPageFile({ script, style, engine }, input, `${name} · kubehop`)
  await writeFile(file, text).catch((error: NodeJS.ErrnoException) => {
    throw new KubehopError('KH_IO', `cannot be written (${error.code ?? error.message})`, { file })
  })
  if (options.quiet !== true)
    await writeOut(`${name}: ${Math.round(text.length / 1024)} KiB in ${file}; open it in a browser\n`)
  return 0
}
