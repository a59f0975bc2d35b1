#!/usr/bin/env node
import { run } from './run.ts'

// A reader that has seen enough (`kubehop … | head`) is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})
process.exitCode = await run(process.argv.slice(2))
