import type { FieldPath } from '../field-path.ts'
import { builtInKind, groupOf } from '../kinds.ts'
import type { KubeObject, LabelSelector } from '../types/index.ts'
import type { Checker } from './checker.ts'
import {
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  labelValue,
  type NameRule,
  pathSegment,
  qualifiedName,
} from './names.ts'

const NAME_RULES: Readonly<Record<string, NameRule>> = {
  Service: dns1035Label,
  Namespace: dns1123Label,
  Role: pathSegment,
  RoleBinding: pathSegment,
  ClusterRole: pathSegment,
  ClusterRoleBinding: pathSegment,
}

export function checkMeta(check: Checker, object: KubeObject): void {
  const { name, namespace, labels, annotations } = object.metadata
  const info = builtInKind(object.kind, groupOf(object.apiVersion))
  const rule = info === undefined ? dns1123Subdomain : (NAME_RULES[object.kind] ?? dns1123Subdomain)
  check.name(name, rule, ['metadata', 'name'])
  if (namespace !== undefined) check.name(namespace, dns1123Label, ['metadata', 'namespace'])
  checkLabels(check, labels, ['metadata', 'labels'])
  for (const key of Object.keys(annotations ?? {}))
    check.name(key.toLowerCase(), qualifiedName, ['metadata', 'annotations'])
}

export function checkLabels(
  check: Checker,
  labels: Readonly<Record<string, string>> | undefined,
  path: FieldPath,
): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    check.name(key, qualifiedName, path)
    check.name(value, labelValue, path)
  }
}

export function checkSelector(check: Checker, selector: LabelSelector | undefined, path: FieldPath): void {
  if (selector === undefined) return
  checkLabels(check, selector.matchLabels, [...path, 'matchLabels'])
  for (const [index, { key, operator, values }] of (selector.matchExpressions ?? []).entries()) {
    const at = [...path, 'matchExpressions', index]
    if (check.required(key, [...at, 'key'])) check.name(key, qualifiedName, [...at, 'key'])
    if (operator === 'In' || operator === 'NotIn') {
      check.required(values, [...at, 'values'], "must be specified when `operator` is 'In' or 'NotIn'")
      for (const [i, value] of (values ?? []).entries()) check.name(value, labelValue, [...at, 'values', i])
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if ((values ?? []).length > 0) {
        check.forbidden([...at, 'values'], "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
      }
    } else check.invalid(operator, [...at, 'operator'], 'not a valid selector operator')
  }
}
