import { html, type TemplateResult } from 'lit'

/** One of a few words, with a label. */
export function choice(
  id: string,
  label: string,
  options: readonly string[],
  chosen: string,
  choose: (value: string) => void,
): TemplateResult {
  const changed = (event: Event) => {
    if (event.target instanceof HTMLSelectElement) choose(event.target.value)
  }
  return html`<span class="pair"><label for=${id}>${label}</label>
    <select id=${id} @change=${changed} .value=${chosen}>
      ${options.map(option => html`<option value=${option} ?selected=${option === chosen}>${option}</option>`)}
    </select></span>`
}
