import type { DocumentOptions, ParseOptions, ScalarTag, SchemaOptions, Tags } from 'yaml'

const TRUE = /^(?:y|Y|yes|Yes|YES|on|On|ON|true|True|TRUE)$/
const BOOLEAN = /^(?:y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF|true|True|TRUE|false|False|FALSE)$/
const INTEGER = /^[-+]?(?:0[bB][01_]+|0[oO]?[0-7_]+|0[xX][0-9a-fA-F_]+|0|[1-9][0-9_]*)$/

/** `yes`, `on` and `y` are booleans to kubectl, as in YAML 1.1 (measured: kubectl 1.32). */
const booleanTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  identify: value => typeof value === 'boolean',
  test: BOOLEAN,
  resolve: text => TRUE.test(text),
}

/** `010` and `0o10` are eight, `1_000` a thousand; `08` and `12:30:45` are no integers (measured: kubectl 1.32). */
const integerTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  identify: value => typeof value === 'number' && Number.isInteger(value),
  test: INTEGER,
  resolve: text => {
    const plain = text.replaceAll('_', '')
    const digits = plain.replace(/^[-+]/, '')
    const value = Number(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
    return plain.startsWith('-') ? -value : value
  },
}

/** What is left of integers with a leading zero is a float to Go, with the decimal value. */
const zeroPaddedTag: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  test: /^[-+]?0[0-9]*[89][0-9]*$/,
  resolve: text => Number(text),
}

function goTags(core: Tags): Tags {
  const others = core.filter(
    tag => typeof tag === 'string' || !(tag.tag === booleanTag.tag || tag.tag === integerTag.tag),
  )
  return [...others, booleanTag, integerTag, zeroPaddedTag]
}

/**
 * YAML as kubectl reads it (sigs.k8s.io/yaml: go-yaml 2, which is YAML 1.1 but for sexagesimal numbers and dates), except
 * that a repeated key is an error: kubectl silently takes the last one, which nobody means.
 */
export const YAML_OPTIONS = {
  version: '1.2',
  schema: 'core',
  customTags: goTags,
  merge: true,
  uniqueKeys: true,
  prettyErrors: false,
  logLevel: 'silent',
} as const satisfies ParseOptions & DocumentOptions & SchemaOptions
