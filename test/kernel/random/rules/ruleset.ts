import fc from 'fast-check'
import { header, protocol } from './header.ts'
import { HOOKS_OF, type Hook, type TableName } from './hooks.ts'
import { match } from './matches.ts'
import { target } from './targets.ts'
import { wide } from './wide.ts'

/** `-A CHAIN …`: what a packet must be, and what is done with it. */
export function rule(chain: string, hook: Hook, table: TableName, below: readonly string[]): fc.Arbitrary<string> {
  return protocol.chain(({ name, text }) =>
    fc
      .tuple(
        header(hook),
        fc.array(match(hook, table, name), { maxLength: 2, size: 'max' }),
        target(hook, table, name, below),
      )
      .map(([way, matches, action]) => ['-A', chain, ...way, text, ...matches, action].filter(Boolean).join(' ')),
  )
}

/** One table: rules in its own chains and in chains A, B, C that jump downwards only. */
function table(name: TableName): fc.Arbitrary<string> {
  const hooks = HOOKS_OF[name]
  const own = ['A', 'B', 'C']
  const policy =
    name === 'nat' ? fc.constant('ACCEPT') : fc.constantFrom(...Array.from({ length: 24 }, () => 'ACCEPT'), 'DROP')
  return fc
    .tuple(
      fc.tuple(
        ...hooks.map(hook =>
          fc.tuple(fc.constant(hook), policy, fc.array(rule(hook, hook, name, own), { maxLength: 3, size: 'max' })),
        ),
      ),
      fc.tuple(
        ...own.map((chain, i) => fc.array(rule(chain, 'any', name, own.slice(i + 1)), { maxLength: 3, size: 'max' })),
      ),
      wide(name),
    )
    .map(([chains, others, first]) =>
      [
        `*${name}`,
        ...chains.map(([hook, verdict]) => `:${hook} ${verdict} [0:0]`),
        ...own.map(chain => `:${chain} - [0:0]`),
        ...(first === undefined ? [] : [first]),
        ...chains.flatMap(([, , rules]) => rules),
        ...others.flat(),
        'COMMIT',
        '',
      ].join('\n'),
    )
}

/** Some tables, as `iptables-restore` takes them. */
export const ruleset: fc.Arbitrary<string> = fc
  .record({
    raw: fc.option(table('raw'), { freq: 2 }),
    mangle: fc.option(table('mangle'), { freq: 2 }),
    nat: fc.option(table('nat'), { freq: 2 }),
    filter: fc.option(table('filter'), { freq: 4 }),
    security: fc.option(table('security'), { freq: 1 }),
  })
  .map(tables =>
    Object.values(tables)
      .filter(text => text !== null)
      .join(''),
  )

/** One table that takes the place of what was there. */
export const anyTable: fc.Arbitrary<string> = fc.oneof(...(['filter', 'nat', 'mangle', 'raw'] as const).map(table))
