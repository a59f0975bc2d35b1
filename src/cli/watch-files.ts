import { stat } from 'node:fs/promises'
import { KubehopError } from '../errors.ts'
import { inputFiles } from './read-inputs.ts'

/** Milliseconds between two looks. */
const INTERVAL = 400

export interface FileWatch {
  /** Looks no more; waits for what is being done. */
  close(): Promise<void>
}

/**
 * Calls `changed` with the names of files that have come, gone or changed, once they have rested between two looks: editors write in
 * several steps. Looks by size and time of change, which every file system has.
 */
export function watchFiles(
  paths: readonly string[],
  recursive: boolean,
  changed: (files: readonly string[]) => Promise<void>,
): FileWatch {
  let closed = false
  let wake = (): void => undefined
  const watching = (async () => {
    let known = await signatures(paths, recursive)
    let last = known
    while (!closed) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, INTERVAL)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      if (closed) return
      const now = await signatures(paths, recursive)
      const rests = differences(last, now).length === 0
      const files = differences(known, now)
      last = now
      if (!rests || files.length === 0) continue
      known = now
      await changed(files)
    }
  })()
  return {
    close: () => {
      closed = true
      wake()
      return watching
    },
  }
}

/** Size and time of change by file; a path that cannot be read has none. */
async function signatures(paths: readonly string[], recursive: boolean): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const path of paths) {
    for (const file of await filesOf(path, recursive)) {
      const { size, mtimeMs, ino } = await stat(file).catch(() => ({ size: -1, mtimeMs: 0, ino: 0 }))
      found.set(file, `${size} ${mtimeMs} ${ino}`)
    }
  }
  return found
}

async function filesOf(path: string, recursive: boolean): Promise<readonly string[]> {
  try {
    return await inputFiles(path, recursive)
  } catch (error) {
    if (error instanceof KubehopError) return []
    throw error
  }
}

function differences(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const names = new Set([...before.keys(), ...after.keys()])
  return [...names].filter(name => before.get(name) !== after.get(name))
}
