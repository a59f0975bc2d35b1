/** Resolves at the first Ctrl-C or SIGTERM; a second one ends the program at once. */
export async function untilInterrupted(): Promise<void> {
  await new Promise<void>(resolve => {
    const done = (): void => {
      process.off('SIGINT', done)
      process.off('SIGTERM', done)
      resolve()
    }
    process.on('SIGINT', done)
    process.on('SIGTERM', done)
  })
}
