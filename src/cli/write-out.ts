import { once } from 'node:events'

/** Writes to standard output and waits until it is taken: a pipe that is slow loses nothing. A closed pipe is no error. */
export async function writeOut(data: string | Uint8Array): Promise<void> {
  const closed = new Promise<void>(resolve => {
    process.stdout.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      resolve()
    })
  })
  if (!process.stdout.write(data)) await Promise.race([once(process.stdout, 'drain'), closed])
}
