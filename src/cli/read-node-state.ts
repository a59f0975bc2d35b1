import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { KubehopError } from '../errors.ts'
import { NODE_FILES, type NodeFile, type NodeState } from '../probe/index.ts'
import { readText } from './read-inputs.ts'

/** The dumps of a node in a folder, as `scripts/collect-node.sh` wrote them. Throws KH_IO. */
export async function readNodeState(folder: string): Promise<NodeState> {
  const state: Partial<Record<NodeFile, string>> = {}
  for (const file of NODE_FILES) {
    const path = join(folder, file)
    if (existsSync(path)) state[file] = await readText(path)
  }
  if (Object.keys(state).length > 0) return state
  throw new KubehopError(
    'KH_IO',
    `none of ${NODE_FILES.join(', ')} is in this folder; scripts/collect-node.sh writes them`,
    {
      file: folder,
    },
  )
}
