import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ManifestInput } from '../controlplane/index.ts'
import { KubehopError } from '../errors.ts'

/** Bytes that all inputs together may have. */
const MAX_BYTES = 256 << 20

/** Reads files, the manifests in folders (`.yaml`, `.yml`, `.json`, by name), and standard input for `-`. Throws KH_IO, KH_LIMIT. */
export async function readInputs(paths: readonly string[], recursive = false): Promise<ManifestInput[]> {
  const inputs: ManifestInput[] = []
  let bytes = 0
  for (const path of paths) {
    for (const input of path === '-' ? [await readStandardInput()] : await readPath(path, recursive)) {
      bytes += input.text.length
      if (bytes > MAX_BYTES)
        throw new KubehopError('KH_LIMIT', `the manifests are larger than ${MAX_BYTES >> 20} MiB together`, {
          file: input.name,
        })
      inputs.push(input)
    }
  }
  return inputs
}

/** One file as text. Throws KH_IO. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw ioError(path, error)
  }
}

async function readPath(path: string, recursive: boolean): Promise<ManifestInput[]> {
  const inputs: ManifestInput[] = []
  for (const name of await inputFiles(path, recursive)) inputs.push({ name, text: await readText(name) })
  return inputs
}

/** The files that a path stands for: itself, or the manifests in the folder. Throws KH_IO when there is none. */
export async function inputFiles(path: string, recursive = false): Promise<string[]> {
  let isFolder: boolean
  try {
    isFolder = (await stat(path)).isDirectory()
  } catch (error) {
    throw ioError(path, error)
  }
  if (!isFolder) return [path]
  const entries = (await readdir(path, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))
  const files: string[] = []
  for (const entry of entries) {
    const file = join(path, entry.name)
    if (entry.isDirectory() && recursive) files.push(...(await inputFiles(file, true)))
    else if (entry.isFile() && /\.(?:ya?ml|json)$/i.test(entry.name)) files.push(file)
  }
  if (files.length === 0 && !recursive) {
    throw new KubehopError(
      'KH_IO',
      `no .yaml, .yml or .json file in this folder; -R also reads the folders inside it`,
      { file: path },
    )
  }
  return files
}

async function readStandardInput(): Promise<ManifestInput> {
  const chunks: Uint8Array[] = []
  for await (const chunk of process.stdin) chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
  return { name: '(standard input)', text: Buffer.concat(chunks).toString('utf8') }
}

function ioError(path: string, error: unknown): KubehopError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const why =
    code === 'ENOENT'
      ? 'no such file or folder'
      : code === 'EACCES'
        ? 'permission denied'
        : `cannot be read (${String(code)})`
  return new KubehopError('KH_IO', why, { file: path })
}
