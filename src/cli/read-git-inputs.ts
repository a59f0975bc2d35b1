import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { ManifestInput } from '../controlplane/index.ts'
import { KubehopError } from '../errors.ts'

const run = promisify(execFile)
const MAX_BYTES = 256 << 20

/** `REF:PATH`: the manifests as they are in a commit of the repository here. Undefined where the text is no such thing. Throws KH_IO. */
export async function readGitInputs(source: string): Promise<ManifestInput[] | undefined> {
  const colon = source.indexOf(':')
  // A ref that begins with a dash would be taken for an option.
  if (colon < 1 || source.startsWith('-') || (await exists(source))) return undefined
  const ref = source.slice(0, colon)
  const path = source.slice(colon + 1).replace(/\/+$/, '') || '.'
  const names = (await git(['ls-tree', '-r', '--name-only', '-z', ref, '--', path], source))
    .split('\0')
    .filter(name => /\.(?:ya?ml|json)$/i.test(name))
    .sort()
  if (names.length === 0)
    throw new KubehopError('KH_IO', 'no .yaml, .yml or .json file there in this commit', { file: source })
  const inputs: ManifestInput[] = []
  for (const name of names)
    inputs.push({ name: `${ref}:${name}`, text: await git(['show', `${ref}:./${name}`], source) })
  return inputs
}

async function git(args: readonly string[], source: string): Promise<string> {
  try {
    return (await run('git', [...args], { maxBuffer: MAX_BYTES })).stdout
  } catch (error) {
    const text =
      error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n')[0] : String(error)
    throw new KubehopError('KH_IO', `git cannot read it: ${text}`, { file: source })
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    return false
  }
}
