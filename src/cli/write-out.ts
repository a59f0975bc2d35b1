import { once } from 'node:events'

/** Writes to standard output and waits until it is taken: a pipe that is slow loses nothing. A closed pipe is no error. */
export async function writeOut(data: string | Uint8Array): Promise<void> {
  const { stdout } = process
  if (stdout.write(data)) return
  try {
    await once(stdout, 'drain')
  } catch (error) {
    // Whoever reads has seen enough.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error
  }
}
