import { type Command, Option } from 'commander'
import { POLICY_PROFILES } from '../netpol/index.ts'
import { number } from './number-option.ts'
import { serverOption } from './server-commands.ts'

/** How `run` makes commands. */
export interface CommandMaker {
  readonly common: (command: Command) => Command
  readonly output: (formats: readonly string[]) => Option
  readonly done: (status: number) => void
}

/** Adds the commands about network policies. */
export function addPolicyCommands(program: Command, { common, output, done }: CommandMaker): void {
  const policy = (command: Command): Command =>
    common(command)
      .option('-6, --ipv6', 'packets of IPv6')
      .addOption(
        new Option('--profile <name>', 'whose reading of what the API leaves open')
          .choices(Object.keys(POLICY_PROFILES))
          .default('spec'),
      )
  const flow = (command: Command): Command =>
    policy(command)
      .addOption(new Option('--proto <protocol>', 'protocol').choices(['tcp', 'udp', 'sctp']))
      .option('--port <port>', "destination port: the pod's own", number('port', 1, 65535))

  serverOption(flow(program.command('reach')))
    .description('Show who can reach whom: the reachability matrix, or whether expectations hold.')
    .option('--from <selector>', 'rows: labels as in kubectl -l, namespace/NAME, or NAMESPACE/labels')
    .option('--to <selector>', 'columns')
    .addOption(
      new Option('--by <group>', 'rows and columns; by default as fine as can be read').choices([
        'pod',
        'workload',
        'namespace',
      ]),
    )
    .option('--no-external', 'leave out the addresses outside the cluster')
    .addOption(
      new Option('--through <what>', 'ask the policies, or send a real packet for every pair and compare')
        .choices(['policy', 'packets'])
        .default('policy'),
    )
    .option('--sample <n>', '--through packets: only so many pairs, drawn with --seed', number('sample', 1, 10_000_000))
    .option('--profiles <names>', 'send the packets on each of these network plugins and show what differs')
    .option('--expect <file>', 'check expectations; exit 0 when all hold')
    .addOption(output(['text', 'json', 'csv', 'md', 'dot', 'svg', 'html', 'junit', 'sarif']))
    .action(async options => {
      if (options.through === 'packets' || options.profiles !== undefined) {
        const { reachPacketsCommand } = await import('./commands/reach-packets.ts')
        done(await reachPacketsCommand(options))
        return
      }
      const { reachCommand } = await import('./commands/reach.ts')
      done(await reachCommand(options))
    })

  serverOption(flow(program.command('why').argument('<from>').argument('<to>')))
    .description('Say which policy allows or denies a connection, what nearly allowed it, and the smallest fix.')
    .addOption(output(['text', 'json']))
    .action(async (from: string, to: string, options) => {
      const { whyCommand } = await import('./commands/why.ts')
      done(await whyCommand(from, to, options))
    })

  policy(program.command('diff').argument('<old>').argument('<new>'))
    .description(
      'Show what became reachable, what stopped being, and which object did it. OLD and NEW: files, folders, or GIT-REF:PATH.',
    )
    .addOption(
      new Option('--by <group>', 'pairs of these').choices(['pod', 'workload', 'namespace']).default('workload'),
    )
    .addOption(new Option('--fail-on <change>', 'exit 1 on this').choices(['gained', 'lost', 'internet']))
    .addOption(output(['text', 'json', 'md', 'csv']))
    .action(async (before: string, after: string, options) => {
      const { diffCommand } = await import('./commands/diff.ts')
      done(await diffCommand(before, after, options))
    })

  serverOption(policy(program.command('lint')))
    .description('Find what is wrong or odd in policies; docs/lint has a page for each rule.')
    .option('--rule <ids>', 'only these rules (comma-separated)')
    .addOption(output(['text', 'json', 'md', 'junit', 'sarif']))
    .action(async options => {
      const { lintCommand } = await import('./commands/lint.ts')
      done(await lintCommand(options))
    })

  policy(program.command('synthesize'))
    .description('Write the least policies that allow given flows, and prove that they allow nothing else.')
    .option('--flows <file>', 'lines FROM TO [PROTOCOL/]PORT, or their JSON')
    .option('--from-expect <file>', 'the flows that its `allow` and `only` name')
    .option('--no-dns', 'do not add rules for the cluster DNS')
    .action(async options => {
      const { synthesizeCommand } = await import('./commands/synthesize.ts')
      done(await synthesizeCommand(options))
    })
}
