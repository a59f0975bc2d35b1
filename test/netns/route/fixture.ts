import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { FakeShell } from './shell.ts'

/** A command of a transcript and what the real tool printed. */
export interface Recorded {
  readonly command: string
  readonly output: string
  readonly line: number
}

/** The commands of `fixtures/NAME.txt`, recorded by `fixtures/record.sh`. */
export function readFixture(name: string): readonly Recorded[] {
  const lines = readFileSync(new URL(`fixtures/${name}.txt`, import.meta.url), 'utf8').split('\n')
  const recorded: { command: string; output: string; line: number }[] = []
  lines.forEach((text, index) => {
    if (text.startsWith('$ ')) recorded.push({ command: text.slice(2), output: '', line: index + 1 })
    else if (text !== '' && !text.startsWith('#')) {
      const last = recorded.at(-1)
      if (last !== undefined) last.output += `${text}\n`
    }
  })
  return recorded
}

/** Runs a transcript in a simulated namespace; every answer must be the recorded one. */
export function replay(name: string): void {
  const shell = new FakeShell()
  for (const { command, output, line } of readFixture(name)) {
    const answer = shell.run(command)
    expect(sayTheSame(answer, output) ? output : answer, `${name}.txt:${line}: ${command}`).toBe(output)
  }
}

/** Equal; or both refuse, and one message is the beginning of the other: ours explain more. */
function sayTheSame(answer: string, output: string): boolean {
  if (answer === output) return true
  // Whether a device that is down was ever up shows in its qdisc; that is not kept.
  if (answer === output.replace(/qdisc noqueue state DOWN/g, 'qdisc noop state DOWN')) return true
  const real = output.replace(/^(?:Error: |RTNETLINK answers: )/, '').trim()
  const ours = answer.trim().replace(/^RTNETLINK answers: /, '')
  const common = Math.min(real.length, ours.length, 24)
  return real !== '' && ours !== '' && isRefusal(output) && real.slice(0, common) === ours.slice(0, common)
}

function isRefusal(output: string): boolean {
  return /^(?:Error: |RTNETLINK answers: |Cannot find device|Command line|Not enough|"ip rule add" requires|"[^"]*" is invalid|Device and)/.test(
    output,
  )
}
