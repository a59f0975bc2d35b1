import type { RuleRef } from '../trace/index.ts'

/** The comment of a rule that is meant for people: Felix puts a tag before it, by which it knows the rule again. */
export function ruleComment(rule: Pick<RuleRef, 'comment' | 'text'>): string | null {
  if (rule.comment?.startsWith('cali:') !== true) return rule.comment
  const comments = rule.text.match(/--comment "(?:[^"\\]|\\.)*"/g) ?? []
  return comments[1]?.slice('--comment "'.length, -1) ?? null
}
