/** The lines of a text that ends with a newline. */
export function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n')
}
