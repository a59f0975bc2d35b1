/** The API server's rules for names. Each returns the API server's complaint, or undefined where the text is right. */

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'

const LABEL_MESSAGE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an " +
  `alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL}')`

const SUBDOMAIN_MESSAGE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end " +
  `with an alphanumeric character (e.g. 'example.com', regex used for validation is '${LABEL}(\\.${LABEL})*')`

const DNS1035_MESSAGE =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end " +
  "with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"

const QUALIFIED_MESSAGE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " +
  "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

const LABEL_VALUE_MESSAGE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
  "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

export type NameRule = (text: string) => string | undefined

export const dns1123Label: NameRule = text => {
  if (text.length > 63) return 'must be no more than 63 characters'
  return isLabel(text) ? undefined : LABEL_MESSAGE
}

export const dns1123Subdomain: NameRule = text => {
  if (text.length > 253) return 'must be no more than 253 characters'
  return text.split('.').every(isLabel) ? undefined : SUBDOMAIN_MESSAGE
}

export const dns1035Label: NameRule = text => {
  if (text.length > 63) return 'must be no more than 63 characters'
  return isLabel(text) && /^[a-z]/.test(text) ? undefined : DNS1035_MESSAGE
}

/** IANA_SVC_NAME, RFC 6335 §5.1. */
export const portName: NameRule = text => {
  if (text.length > 15) return 'must be no more than 15 characters'
  if (!/^[-a-z0-9]+$/.test(text)) return 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)'
  if (!/[a-z]/.test(text)) return 'must contain at least one letter (a-z)'
  if (text.includes('--')) return 'must not contain consecutive hyphens'
  if (text.startsWith('-') || text.endsWith('-')) return 'must not begin or end with a hyphen'
  return undefined
}

/** A label or annotation key: an optional DNS prefix, a slash, a name of at most 63 characters. */
export const qualifiedName: NameRule = text => {
  const parts = text.split('/')
  if (parts.length > 2)
    return `a qualified name must consist of a name and an optional DNS prefix, separated by one '/'`
  const name = parts.at(-1) ?? ''
  if (parts.length === 2) {
    if (parts[0] === '') return 'prefix part must be non-empty'
    const wrong = dns1123Subdomain(parts[0] ?? '')
    if (wrong !== undefined) return `prefix part ${wrong}`
  }
  if (name === '') return 'name part must be non-empty'
  if (name.length > 63) return 'name part must be no more than 63 characters'
  return isQualified(name) ? undefined : QUALIFIED_MESSAGE
}

export const labelValue: NameRule = text => {
  if (text.length > 63) return 'must be no more than 63 characters'
  return text === '' || isQualified(text) ? undefined : LABEL_VALUE_MESSAGE
}

/** A path segment: what RBAC objects may be called. */
export const pathSegment: NameRule = text => {
  if (text === '.' || text === '..') return `may not be '${text}'`
  const wrong = ['/', '%'].find(part => text.includes(part))
  return wrong === undefined ? undefined : `may not contain '${wrong}'`
}

function isLabel(text: string): boolean {
  return /^[a-z0-9][-a-z0-9]*$/.test(text) && !text.endsWith('-')
}

function isQualified(text: string): boolean {
  return /^[A-Za-z0-9][-A-Za-z0-9_.]*$/.test(text) && /[A-Za-z0-9]$/.test(text)
}
