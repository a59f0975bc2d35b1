import { LineFailure } from './failure.ts'

/** Refuses what iptables refuses as the name of a chain. */
export function checkChainName(name: string, column: number): void {
  if (name === '' || name.length > 28) {
    throw new LineFailure(`chain name \`${clip(name)}' must have 1 to 28 characters`, column)
  }
  if (name[0] === '-' || name[0] === '!') {
    throw new LineFailure(`chain name not allowed to start with \`${name[0]}'`, column)
  }
  if (/[\s"\\]/.test(name))
    throw new LineFailure(`chain name \`${clip(name)}' has a character that is not allowed`, column)
}

/** Text from the input as it goes into a message. */
export function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
