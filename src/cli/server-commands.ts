import type { Command } from 'commander'

/** Adds the command that serves. */
export function addServerCommands(
  program: Command,
  { common, done }: { readonly common: (command: Command) => Command; readonly done: (status: number) => void },
): void {
  common(program.command('up'))
    .description('Serve the page and its API, and follow changes of the files.')
    .option('--listen <address>', 'ADDRESS:PORT of the page; port 0 takes one that is free', '127.0.0.1:8088')
    .option('--dns-listen <address>', 'also serve DNS there, UDP and TCP')
    .option('--allow-remote', 'listen on an address that is not loopback; then a token is needed')
    .option(
      '--host <name>',
      'a name by which the server may be called; repeatable',
      (name: string, list: readonly string[]) => [...list, name],
      [],
    )
    .option('--no-watch', 'do not follow changes of the files')
    .action(async options => {
      const { upCommand } = await import('./commands/up.ts')
      done(await upCommand(options))
    })
}

/** `--server`, for commands that can also ask a running `kubehop up`. */
export function serverOption<T extends Command>(command: T): T {
  return command.option('--server <url>', 'ask the cluster of a running kubehop up instead of loading files')
}
