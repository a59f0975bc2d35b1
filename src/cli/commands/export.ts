import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Cluster, isAlive, podNamespace } from '../../cluster/index.ts'
import { didYouMean } from '../../controlplane/index.ts'
import { KubehopError } from '../../errors.ts'
import { type LabFile, renderLab, selectPods } from '../../export/index.ts'
import { chooseProbes } from '../choose-probes.ts'
import type { CommonOptions } from '../common-options.ts'
import { loadFromOptions } from '../load-cluster.ts'
import { writeOut } from '../write-out.ts'
import { exportPage } from './export-page.ts'

interface ExportOptions extends CommonOptions {
  readonly to: string
  readonly nodes?: string
  readonly pods?: string
}

/** A folder with these in it is an earlier export, and may be written over. */
const MARKS = ['up.sh', 'namespaces']

/** `kubehop export --to DIR`, or `--to FILE.html`. */
export async function exportCommand(options: ExportOptions): Promise<number> {
  if (/\.html?$/i.test(options.to)) return exportPage(options.to, options)
  const cluster = await loadFromOptions(options)
  const { nodes, pods } = selection(cluster, options)
  const configs = selectPods(cluster.configs(nodes), pods)
  if (configs.some(({ proxies = [] }) => proxies.length > 0))
    throw new KubehopError('KH_USAGE', 'kube-proxy in userspace mode is a program of its own, which no lab has')
  const namespaces = new Set(configs.map(config => config.name))
  const probes = chooseProbes(cluster, namespaces, options.seed)
  const { name, files } = renderLab({ cluster: cluster.config.name, configs, probes })
  await write(options.to, files)
  const networked = configs.filter(config => pods.has(config.name)).length
  if (options.quiet !== true) {
    await writeOut(
      `${name}: ${count(nodes.length, 'node')}, ${count(networked, 'pod')}, ${count(probes.length, 'probe')} in ${options.to}\n` +
        `next, as root on Linux: ${join(options.to, 'up.sh')} && ${join(options.to, 'probe.sh')}; ${join(options.to, 'down.sh')}\n`,
    )
  }
  return 0
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

/** The nodes and pods that were asked for; with pods alone, their nodes; with nodes alone, all pods on them. */
function selection(cluster: Cluster, options: ExportOptions): { nodes: string[]; pods: Set<string> } {
  const known = cluster.snapshot.nodes.map(node => node.metadata.name)
  const alive = cluster.snapshot.pods.filter(pod => isAlive(pod) && pod.spec.nodeName !== undefined)
  const names = new Map(alive.map(pod => [podNamespace(pod), pod.spec.nodeName]))
  const wantedNodes = split(options.nodes)
  for (const node of wantedNodes ?? []) if (!known.includes(node)) throw unknown('--nodes', 'node', node, known)
  const wantedPods = split(options.pods)?.map(pod => (pod.includes('/') ? pod : `${options.namespace}/${pod}`))
  for (const pod of wantedPods ?? []) if (!names.has(pod)) throw unknown('--pods', 'pod', pod, [...names.keys()])
  const hosts = (wantedPods ?? []).map(pod => names.get(pod))
  const nodes = known.filter(node =>
    wantedNodes === undefined && wantedPods === undefined ? true : wantedNodes?.includes(node) || hosts.includes(node),
  )
  const pods = wantedPods ?? [...names].filter(([, node]) => nodes.includes(node ?? '')).map(([name]) => name)
  return { nodes, pods: new Set(pods) }
}

function split(list: string | undefined): string[] | undefined {
  return list
    ?.split(',')
    .map(part => part.trim())
    .filter(part => part !== '')
}

function unknown(option: string, what: string, name: string, known: readonly string[]): KubehopError {
  const meant = didYouMean(name, known)
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  return new KubehopError('KH_ENDPOINT', `${option}: there is no ${what} ${JSON.stringify(name)}${hint}`)
}

async function write(folder: string, files: readonly LabFile[]): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
    const there = await readdir(folder)
    if (there.length > 0 && !MARKS.every(mark => there.includes(mark))) {
      throw new KubehopError('KH_IO', 'the folder is not empty and holds no earlier export', { file: folder })
    }
    await rm(join(folder, 'namespaces.d'), { recursive: true, force: true })
    for (const { path, text, executable } of files) {
      const file = join(folder, path)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, text)
      if (executable) await chmod(file, 0o755)
    }
  } catch (error) {
    if (error instanceof KubehopError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new KubehopError('KH_IO', `cannot be written (${code})`, { file: folder })
  }
}
