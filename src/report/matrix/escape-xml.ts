const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** Text inside an element or attribute; characters that XML 1.0 does not have become `?`. */
export function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no way to write them
  return text.replace(/[&<>"']/g, one => ENTITIES[one] ?? one).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '?')
}
