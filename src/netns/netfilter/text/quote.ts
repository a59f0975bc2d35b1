const PLAIN = /^[A-Za-z0-9_-]+$/

/** A string argument as xtables_save_string prints it: bare where that is safe, else quoted with `"`, `\` and `'` escaped. */
export function quoteString(text: string): string {
  if (PLAIN.test(text)) return text
  return `"${text.replace(/["\\']/g, '\\$&')}"`
}
