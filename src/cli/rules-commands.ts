import type { Command } from 'commander'
import type { CommandMaker } from './policy-commands.ts'
import { proxyModeOption } from './proxy-options.ts'

/** Adds the commands about kube-proxy's rules. */
export function addRulesCommands(program: Command, { common, output, done }: CommandMaker): void {
  const rules = program.command('rules').description("Compare kube-proxy's rules, or have them explained.")
  common(rules.command('diff').argument('<node>').argument('[other]'))
    .description(
      'Show which rules differ: between two nodes, two modes, or before and after a change. Exit 1 when some do.',
    )
    .addOption(proxyModeOption())
    .addOption(proxyModeOption('--to-mode <mode>', 'mode of the other side'))
    .option(
      '--with <path>',
      'manifests that are applied to the other side; repeatable',
      (value: string, list: readonly string[]) => [...list, value],
      [],
    )
    .option('--sync', 'what kube-proxy hands to iptables-restore or nft because of --with, instead')
    .addOption(output(['text', 'json']))
    .action(async (node: string, other: string | undefined, options) => {
      const { rulesDiffCommand } = await import('./commands/rules.ts')
      done(await rulesDiffCommand(node, other, options))
    })
  common(rules.command('explain').argument('<service>'))
    .description('Say what each rule of a Service does, and what share of its traffic each endpoint gets on each node.')
    .addOption(proxyModeOption())
    .option('--node <name>', 'only this node')
    .addOption(output(['text', 'json']))
    .action(async (service: string, options) => {
      const { rulesExplainCommand } = await import('./commands/rules.ts')
      done(await rulesExplainCommand(service, options))
    })
}
