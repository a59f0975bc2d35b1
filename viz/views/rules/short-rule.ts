/** What is left out of a row: the command, comments, and matches that only name their extension. */
const NOISE = [
  /^-A \S+ ?/,
  / ?-m comment --comment (?:"(?:[^"\\]|\\.)*"|\S+)/g,
  / ?\bcomment "(?:[^"\\]|\\.)*"/g,
  / ?\bcounter packets \d+ bytes \d+/g,
  / ?-m (?:tcp|udp|sctp|addrtype|conntrack|set|statistic|mark)(?= |$)/g,
]

/** A rule as its conditions and what follows them, without what a reader of the graph knows anyway. */
export function shortRule(
  text: string,
  target: string | undefined,
): { readonly match: string; readonly action: string } {
  const plain = NOISE.reduce((rest, noise) => rest.replace(noise, ''), text).trim()
  const jump = / ?-[jg] (\S+.*)$/.exec(plain)
  if (jump !== null) return { match: plain.slice(0, jump.index).trim(), action: (jump[1] ?? '').trim() }
  const verdict = / ?\b((?:jump|goto|dnat|snat|masquerade|accept|drop|reject|return|continue)\b.*)$/.exec(plain)
  if (verdict !== null) return { match: plain.slice(0, verdict.index).trim(), action: (verdict[1] ?? '').trim() }
  return { match: plain, action: target ?? '' }
}
