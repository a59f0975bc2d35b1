/** One line of `ipset restore` input, split up. */
export interface SetLine {
  readonly line: number
  readonly command: 'create' | 'add' | 'del' | 'test' | 'flush' | 'destroy' | 'rename' | 'swap'
  /** Words after the command, without the general options. */
  readonly words: readonly string[]
  readonly exist: boolean
}

const COMMANDS: ReadonlyMap<string, SetLine['command']> = new Map<string, SetLine['command']>([
  ['create', 'create'],
  ['n', 'create'],
  ['add', 'add'],
  ['a', 'add'],
  ['del', 'del'],
  ['d', 'del'],
  ['test', 'test'],
  ['t', 'test'],
  ['flush', 'flush'],
  ['f', 'flush'],
  ['destroy', 'destroy'],
  ['x', 'destroy'],
  ['rename', 'rename'],
  ['e', 'rename'],
  ['swap', 'swap'],
  ['w', 'swap'],
])
const SHORT: ReadonlyMap<string, SetLine['command']> = new Map<string, SetLine['command']>([
  ['-N', 'create'],
  ['-A', 'add'],
  ['-D', 'del'],
  ['-T', 'test'],
  ['-F', 'flush'],
  ['-X', 'destroy'],
  ['-E', 'rename'],
  ['-W', 'swap'],
])

/** Reads one line; null for an empty one, a comment or COMMIT. Throws a plain Error with the message. */
export function parseLine(text: string, line: number): SetLine | null {
  const all = splitWords(text)
  const exist = all.some(word => word === '-exist' || word === '--exist' || word === '-!')
  const [first, ...words] = all.filter(word => !['-exist', '--exist', '-!', '-quiet', '-q'].includes(word))
  if (first === undefined || first.startsWith('#') || first === 'COMMIT') return null
  const command = COMMANDS.get(first) ?? SHORT.get(first) ?? COMMANDS.get(first.replace(/^--/, ''))
  if (command === undefined)
    throw new Error(`found \`${first.slice(0, 60)}' where a command such as create or add is expected`)
  return { line, command, words, exist }
}

/** Blanks separate; double quotes keep blanks together and have no escapes. */
function splitWords(text: string): string[] {
  const words: string[] = []
  const pattern = /"([^"]*)"|[^\s"]+|"/g
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    if (found[0] === '"') throw new Error('a double quote is never closed')
    words.push(found[1] ?? found[0])
  }
  return words
}
