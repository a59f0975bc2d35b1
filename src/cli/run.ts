import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { CNI_NAMES } from '../cluster/index.ts'
import { KubehopError } from '../errors.ts'
import { printable } from '../report/printable.ts'
import { addPolicyCommands } from './policy-commands.ts'
import { proxyModeOption } from './proxy-options.ts'
import { addRulesCommands } from './rules-commands.ts'
import { addServerCommands, serverOption } from './server-commands.ts'
import { VERSION } from './version.ts'

/**
 * Runs the command line and returns the exit status: 0 yes, 1 no, 2 bad input or usage, 3 our own fault. Commands are loaded when they
 * are called, so that help is quick.
 */
export async function run(args: readonly string[]): Promise<number> {
  let status = 0
  const program = new Command('kubehop')
    .description('Shows where every packet of a Kubernetes cluster goes, and why.')
    .version(VERSION, '--version')
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(`kubehop: ${usageMessage(text)} [KH_USAGE]\n`),
    })
    .configureHelp({ sortSubcommands: false })
  const done = (result: number): void => {
    status = result
  }

  serverOption(common(program.command('trace').argument('<from>').argument('<to>')))
    .description('Follow one packet exchange hop by hop, there and back.')
    .addOption(new Option('--proto <protocol>', 'protocol').choices(['tcp', 'udp', 'icmp', 'sctp']))
    .option('--port <port>', 'destination port', number('port', 1, 65535))
    .option('--sport <port>', 'source port', number('port', 1, 65535))
    .option('--size <bytes>', 'payload bytes', number('size', 0, 65507))
    .option('--ttl <hops>', 'time to live', number('TTL', 1, 255))
    .option('--df', 'forbid fragmentation')
    .option('--count <n>', 'exchanges one after the other; the last is shown', number('count', 1, 1000), 1)
    .option('--all', 'every branch of every random choice, with its exact probability')
    .option(
      '--node-state <folder>',
      'one packet through a real node, from the files that scripts/collect-node.sh wrote',
    )
    .option('--expect <disposition>', 'exit 0 only when it ends like this (for example DELIVERED or NO_ENDPOINTS)')
    .option(
      '--kernel',
      'do the same in the real kernel, in namespaces of its own, and say where it differs (root, Linux)',
    )
    .option('--node <name>', '-o xtables: what this node prints, without a heading')
    .addOption(output(['text', 'json', 'pcapng', 'mermaid', 'xtables']))
    .addHelpText('after', ENDPOINT_HELP)
    .action(async (from: string, to: string, options) => {
      if (options.server !== undefined) {
        const { traceRemoteCommand } = await import('./commands/trace-remote.ts')
        done(await traceRemoteCommand(from, to, options))
        return
      }
      const { nameTarget } = await import('../probe/index.ts')
      if (options.output !== 'xtables' && nameTarget(to, options.port) !== undefined) {
        const { traceNameCommand } = await import('./commands/trace-name.ts')
        done(await traceNameCommand(from, to, options))
        return
      }
      const { traceCommand } = await import('./commands/trace.ts')
      done(await traceCommand(from, to, options))
    })

  serverOption(common(program.command('resolve').argument('<name>')))
    .description("What a pod's resolver asks for a name, in order, and what DNS answers.")
    .option('--from <pod>', 'who asks: a pod, a node or external; default the first pod of the namespace')
    .option('-t, --type <type>', 'A, AAAA, SRV, PTR, …; repeatable; default A and AAAA', collect, [])
    .option(
      '--resolver <name>',
      'glibc, musl, go, busybox-nslookup, nslookup, host, dig, …; default what the image has',
    )
    .option('--trace', 'also the way of every query')
    .option('--count <n>', 'ask so many times and show the last: caches are warm then', number('count', 1, 1000), 1)
    .addOption(output(['text', 'json']))
    .action(async (name: string, options) => {
      const { resolveCommand } = await import('./commands/resolve.ts')
      done(await resolveCommand(name, options))
    })

  common(program.command('dns'))
    .description("Serve the cluster's DNS on a real socket, for dig, host, nslookup and getent.")
    .option('--listen <address>', 'ADDRESS:PORT, UDP and TCP', '127.0.0.1:5353')
    .option('--allow-remote', 'listen on an address that is not loopback')
    .option(
      '--upstream <address>',
      'really ask this server for what the Corefile forwards; default: nobody outside is asked',
    )
    .action(async options => {
      const { dnsCommand } = await import('./commands/dns.ts')
      done(await dnsCommand(options))
    })

  common(program.command('availability'))
    .description('Which names and addresses of the cluster work from where: pods, other namespaces, nodes, outside.')
    .option('--service <name>', 'only this Service; repeatable', collect, [])
    .addOption(output(['text', 'json', 'md']))
    .action(async options => {
      const { availabilityCommand } = await import('./commands/availability.ts')
      done(await availabilityCommand(options))
    })

  common(program.command('show').argument('<node|pod>').addArgument(showArgument()))
    .description("Print a node's or pod's state in the real tool's format.")
    .option('-t, --table <table>', 'iptables table, or number of a routing table')
    .option('-6, --ipv6', 'the IPv6 side (ip -6, ip6tables-save)')
    .option('--after <from-to...>', 'first send what `kubehop trace FROM TO` sends: two values')
    .addOption(proxyModeOption())
    .action(async (where: string, what: string, options) => {
      if (what === 'resolv.conf' || what === 'hosts') {
        const { showDnsFileCommand } = await import('./commands/show-dns-file.ts')
        done(await showDnsFileCommand(where, what, options))
        return
      }
      const { showCommand } = await import('./commands/show.ts')
      done(await showCommand(where, what, options))
    })

  addServerCommands(program, { common, done })
  addPolicyCommands(program, { common, output, done })
  addRulesCommands(program, { common, output, done })

  common(program.command('export'))
    .description('Write the cluster as scripts that build it in network namespaces of a Linux machine.')
    .requiredOption('--to <folder>', 'where to write')
    .option('--nodes <names>', 'only these nodes (comma-separated) and their pods')
    .option('--pods <names>', 'only these pods (NAMESPACE/NAME, comma-separated) and their nodes')
    .action(async options => {
      const { exportCommand } = await import('./commands/export.ts')
      done(await exportCommand(options))
    })

  program
    .command('bench')
    .argument('[name]')
    .description('Measure packet walks per second.')
    .addOption(
      new Option('--size <services>', 'number of Services; repeatable')
        .argParser(collectNumber)
        .default([], 'those of the benchmark'),
    )
    .option('--runs <n>', 'repetitions of each measurement', number('runs', 1, 100), 5)
    .option('--seed <n>', 'seed of the random source', number('seed', 0, 2 ** 32 - 1), 1)
    .addOption(output(['text', 'json']))
    .action(async (name: string | undefined, options) => {
      const { benchCommand } = await import('./commands/bench.ts')
      done(await benchCommand(name, options))
    })

  try {
    await program.parseAsync(args, { from: 'user' })
    return status
  } catch (error) {
    return report(error)
  }
}

const ENDPOINT_HELP = `
FROM and TO:
  pod/NAME, NAMESPACE/NAME        a pod
  svc/NAME[.NAMESPACE][:PORT]     a Service (number or name of the port)
  deploy/NAME                     the first ready pod of a Deployment
  node/NAME[:PORT]                a node
  external, external/IP[:PORT]    a machine outside the cluster
  IP[:PORT], [IPv6]:PORT          whoever has that address
  NAME:PORT (TO only)             a DNS name: the trace begins with the lookups`

const SHOW = [
  'addr',
  'link',
  'route',
  'rule',
  'neigh',
  'fdb',
  'iptables',
  'ipset',
  'nft',
  'ipvs',
  'conntrack',
  'resolv.conf',
  'hosts',
  'sysctl',
] as const

function showArgument() {
  return new Command().createArgument('<what>', SHOW.join(', ')).choices(SHOW)
}

function common(command: Command): Command {
  return command
    .addOption(repeatable('-f, --file <path>', 'manifests: file, folder, or - for standard input; repeatable'))
    .option('-R, --recursive', 'also read the folders inside a folder')
    .option('--config <path>', "the cluster's shape")
    .addOption(new Option('--cni <name>', 'network plugin, in place of the configured one').choices(CNI_NAMES))
    .addOption(repeatable('--iptables-save <node=file>', "a real node's rules, in place of planned ones; repeatable"))
    .addOption(repeatable('--ip6tables-save <node=file>', 'the same for IPv6'))
    .option('-n, --namespace <name>', 'namespace of names that have none', 'default')
    .option('--seed <n>', 'seed of the random source', number('seed', 0, 2 ** 32 - 1), 1)
    .option('-q, --quiet', 'the verdict only')
    .option(
      '-v, --verbose',
      'also what was looked at and missed; twice: also every frame',
      (_, level: number) => level + 1,
      0,
    )
    .option('--no-color', 'no colours')
}

function output(formats: readonly string[]): Option {
  return new Option('-o, --output <format>', 'output format').choices(formats).default(formats[0])
}

function repeatable(flags: string, description: string): Option {
  return new Option(flags, description).argParser(collect).default([], 'none')
}

function collect(value: string, list: readonly string[]): string[] {
  return [...list, value]
}

/** The sizes of npbench, by their number of pods. */
const SIZE_LETTERS: Readonly<Record<string, number>> = { s: 1_500, m: 15_000, l: 50_000, xl: 150_000 }

function collectNumber(value: string, list: readonly number[]): number[] {
  return [...list, SIZE_LETTERS[value] ?? number('size', 1, 100_000)(value)]
}

function number(what: string, least: number, most: number): (value: string) => number {
  return value => {
    const parsed = /^[0-9]{1,10}$/.test(value) ? Number(value) : Number.NaN
    if (!(parsed >= least && parsed <= most))
      throw new InvalidArgumentError(`expected a ${what} from ${least} to ${most}.`)
    return parsed
  }
}

/** What the command parser says, in one line and our words; it quotes what was typed. */
function usageMessage(text: string): string {
  const message = printable(
    text
      .trim()
      .replace(/^error: /, '')
      .replaceAll('\n', ' '),
  )
  return `${message.replace(/\.$/, '')}; --help shows what it takes`
}

/** One message on standard error, never a stack trace, and the exit status. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof KubehopError) {
    process.stderr.write(`kubehop: ${printable(error.message)} [${error.code}]\n`)
    return error.exitCode
  }
  const text =
    error instanceof Error
      ? process.env.KUBEHOP_DEBUG === undefined
        ? error.message
        : (error.stack ?? error.message)
      : String(error)
  process.stderr.write(`kubehop: internal error, please report it: ${printable(text)} [KH_INTERNAL]\n`)
  return 3
}
