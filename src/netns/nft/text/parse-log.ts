import { logStatement } from '../statements/log.ts'
import type { Statement } from '../statements/statement.ts'
import type { RuleScope } from './rule-scope.ts'

const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warn', 'notice', 'info', 'debug', 'audit']
const FLAGS = ['tcp sequence', 'tcp options', 'ip options', 'skuid', 'ether', 'all']

/** `log [prefix "…"] [level L] [group N] [snaplen N] [queue-threshold N] [flags F]`. */
export function parseLog({ reader }: RuleScope): Statement {
  let prefix = ''
  const words: string[] = []
  for (;;) {
    if (reader.accept('prefix')) {
      prefix = reader.quoted('a prefix')
      if (prefix.length > 127) reader.fail('log prefix is longer than 127 characters')
      words[0] = ` prefix "${prefix}"`
    } else if (reader.accept('group')) {
      words[1] = ` group ${reader.number('a group', 65535)}`
    } else if (reader.accept('snaplen')) {
      words[2] = ` snaplen ${reader.number('a length')}`
    } else if (reader.accept('queue-threshold')) {
      words[3] = ` queue-threshold ${reader.number('a number', 65535)}`
    } else if (reader.accept('level')) {
      const level = reader.name('a level')
      if (!LEVELS.includes(level)) reader.fail(`"${level}" is not one of ${LEVELS.join(', ')}`)
      words[4] = level === 'warn' ? '' : ` level ${level}`
    } else if (reader.accept('flags')) {
      let flag = reader.name('a flag')
      if (flag === 'tcp' || flag === 'ip') {
        flag += ` ${reader.name('options or sequence')}`
        while (reader.accept(',')) flag += `,${reader.name('options or sequence')}`
      } else if (!FLAGS.includes(flag)) {
        reader.fail(`"${flag}" is not one of ${FLAGS.join(', ')}`)
      }
      words[5] = ` flags ${flag}`
    } else {
      return logStatement(`log${words.join('')}`, prefix)
    }
  }
}
