import { vi } from 'vitest'
import { run } from '../../src/cli/run.ts'

export interface CliResult {
  readonly status: number
  readonly stdout: string
  readonly stdoutBytes: Uint8Array
  readonly stderr: string
}

/** The command line in this process, with what it printed. Words are split at spaces; FIXTURES/ is the folder beside this file. */
export async function runCli(line: string, ...more: readonly string[]): Promise<CliResult> {
  const out: Uint8Array[] = []
  const err: Uint8Array[] = []
  const collect =
    (chunks: Uint8Array[]) =>
    (chunk: string | Uint8Array): boolean => {
      chunks.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
      return true
    }
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(collect(out)),
    vi.spyOn(process.stderr, 'write').mockImplementation(collect(err)),
  ]
  try {
    const words = line.split(' ').filter(word => word !== '')
    const status = await run([...words.map(word => word.replace('FIXTURES/', FIXTURES)), ...more])
    const stdoutBytes = Buffer.concat(out)
    return { status, stdout: stdoutBytes.toString(), stdoutBytes, stderr: Buffer.concat(err).toString() }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

export const FIXTURES = new URL('./fixtures/', import.meta.url).pathname
