import type { Evidence, Step } from '../trace/index.ts'
import { detail } from './detail.ts'

/** Lines longer than this lose the comment of their rule. */
const COMFORTABLE = 84

/**
 * A rule for reading: `nat KUBE-SERVICES 3  -d 10.96.0.10/32 -p tcp --dport 80 -j KUBE-SVC-…  "default/web cluster IP"`, without what
 * only iptables needs. `exact`: every word of it.
 */
export function ruleText(step: Step, depth: number, exact: boolean): string {
  const words = detail(step, 'text').replace(/^-A \S+ ?/, '')
  const head = ruleName(step, depth)
  const element = detail(step, 'element')
  if (exact) return `${head}  ${words}${element === '' ? '' : `  (element ${element})`}`
  const short = shorten(words)
  const note = ruleNote(step)
  const comment = detail(step, 'comment')
  const text = `${head}  ${short}`
  if (note !== '') return `${text}  (${note})`
  return comment === '' || text.length + comment.length > COMFORTABLE ? text : `${text}  "${comment}"`
}

/** `nat PREROUTING 1` in a base chain, `KUBE-SERVICES 3` below it. */
export function ruleName(step: Step, depth: number): string {
  return `${depth === 0 ? `${detail(step, 'table')} ` : ''}${detail(step, 'chain')} ${detail(step, 'index')}`
}

function shorten(words: string): string {
  return (
    words
      .replace(/-m comment --comment (?:"(?:[^"\\]|\\.)*"|\S+) ?/g, '')
      .replace(
        /-m recent --(?:set|rcheck)(?: --seconds \d+)?(?: --reap)? --name \S+(?: --mask \S+)?(?: --rsource)? ?/,
        '',
      )
      .replace(/-m statistic --mode random --probability \S+ ?/, '')
      .replace(/-m (?:tcp|udp|sctp) |-m \S+ (?=(?:! )?--)/g, '')
      // The elements of a map that is written in the rule: the one that decided is told.
      .replace(/ vmap \{ .* \}/, ' vmap { … }')
      .trim()
  )
}

/** What a well-known rule means, where its words do not say it. */
function ruleNote(step: Step): string {
  const chain = detail(step, 'chain')
  const text = detail(step, 'text')
  const mark = /--mark (0x[0-9a-f]+)\//.exec(text)?.[1]
  if (chain === 'KUBE-POSTROUTING' && step.action === 'RETURN' && mark !== undefined) {
    return `mark ${mark} is clear: no masquerading`
  }
  const unmarked = /^meta mark & 0x0*([1-9a-f][0-9a-f]*) == 0x0+ return$/.exec(text)?.[1]
  if (chain === 'masquerading' && unmarked !== undefined) return `mark 0x${unmarked} is clear: no masquerading`
  if (/^cali-p[io]-/.test(chain) && step.evidence?.object !== undefined) return objectAndPlace(step.evidence)
  if (chain === 'FLANNEL-POSTRTG' && step.action === 'RETURN') return 'to a pod: no masquerading'
  return ''
}

/** `NetworkPolicy default/web, web.yaml:12`. */
function objectAndPlace({ object, file, line }: Evidence): string {
  const name = object === undefined ? '' : `${object.kind} ${object.namespace}/${object.name}`
  return file === undefined ? name : `${name}, ${file}${line === undefined ? '' : `:${line}`}`
}

/** The endpoint that kube-proxy names in a rule's comment: `default/web -> 10.244.1.3:80`. */
export function endpointOf(step: Step): string {
  return /-> (\S+)$/.exec(detail(step, 'comment'))?.[1] ?? detail(step, 'target')
}
