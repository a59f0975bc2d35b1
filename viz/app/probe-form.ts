import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit'
import type { Engine } from '../engine/engine.ts'
import { baseStyles } from '../style/base-styles.ts'
import { type EndpointChoice, receivers, senders } from './endpoints.ts'
import { navigate } from './events.ts'
import { HOME, integer, type Probe, type Route } from './route.ts'

/** So many suggestions at once: browsers get slow with thousands. */
const MOST = 100

/** Who sends what to whom: the question of most views. */
export class ProbeForm extends LitElement {
  static override properties = {
    engine: { attribute: false },
    route: { attribute: false },
    from: { state: true },
    to: { state: true },
    choices: { state: true },
  }
  static override styles = [
    baseStyles,
    css`
      form { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 10px; padding: 6px 12px; }
      .field { display: flex; align-items: center; gap: 5px; }
      .wide { flex: 1 1 130px; max-width: 380px; }
      .wide input { flex: 1; width: 100%; font-family: var(--mono); font-size: 13px; }
      .number { width: 66px; padding-inline: 6px; }
      .arrow { color: var(--ink-dim); }
    `,
  ]

  declare engine: Engine
  declare route: Route
  declare from: string
  declare to: string
  declare choices: { readonly from: readonly EndpointChoice[]; readonly to: readonly EndpointChoice[] }

  constructor() {
    super()
    this.route = HOME
    this.from = ''
    this.to = ''
    this.choices = { from: [], to: [] }
  }

  /** Puts the caret into the first field. */
  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('#from')?.focus()
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('route')) return
    this.from = this.route.probe.from
    this.to = this.route.probe.to
  }

  protected override render(): TemplateResult {
    const { probe } = this.route
    return html`<form @submit=${this.#submit} aria-label="Send a packet" autocomplete="off">
      <span class="field wide"><label for="from">From</label>
        <input id="from" name="from" list="senders" required spellcheck="false" placeholder="pod/client" .value=${this.from}
          @focus=${this.#learn} @input=${this.#typed} /></span>
      <span class="arrow" aria-hidden="true">→</span>
      <span class="field wide"><label for="to">To</label>
        <input id="to" name="to" list="receivers" required spellcheck="false" placeholder="svc/web:80" .value=${this.to}
          @focus=${this.#learn} @input=${this.#typed} /></span>
      <span class="field"><label for="protocol">Protocol</label>
        <select id="protocol" name="protocol" .value=${probe.protocol}>
          ${['', 'tcp', 'udp', 'icmp', 'sctp'].map(
            one =>
              html`<option value=${one} ?selected=${one === probe.protocol}>${one === '' ? 'as fits' : one}</option>`,
          )}
        </select></span>
      <span class="field"><label for="port">Port</label>
        <input id="port" name="port" class="number" type="number" min="1" max="65535" .value=${probe.port === null ? '' : String(probe.port)} /></span>
      <span class="field"><label for="seed">Seed</label>
        <input id="seed" name="seed" class="number" type="number" min="0" max="4294967295" placeholder="1"
          .value=${probe.seed === null ? '' : String(probe.seed)} /></span>
      <button class="primary" type="submit">Send a packet</button>
      <datalist id="senders">${options(this.choices.from, this.from)}</datalist>
      <datalist id="receivers">${options(this.choices.to, this.to)}</datalist>
    </form>`
  }

  readonly #typed = (event: Event): void => {
    if (!(event.target instanceof HTMLInputElement)) return
    if (event.target.id === 'from') this.from = event.target.value
    else this.to = event.target.value
  }

  /** Suggestions are fetched when somebody is about to need them. */
  readonly #learn = async (): Promise<void> => {
    const { revision } = this.route
    const topology = await this.engine.call('getTopology', revision === null ? {} : { revision }).catch(() => null)
    if (topology !== null) this.choices = { from: senders(topology), to: receivers(topology) }
  }

  readonly #submit = (event: SubmitEvent): void => {
    event.preventDefault()
    if (!(event.currentTarget instanceof HTMLFormElement)) return
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    const protocol = text('protocol') as Probe['protocol'] // the options of the list above
    const probe: Probe = {
      from: text('from'),
      to: text('to'),
      protocol,
      port: integer(text('port'), 1, 65535),
      seed: integer(text('seed'), 0, 2 ** 32 - 1),
    }
    navigate(this, { view: 'trace', probe, params: { step: null, branch: null } })
  }
}

function options(choices: readonly EndpointChoice[], typed: string): TemplateResult[] {
  const wanted = typed.toLowerCase()
  return choices
    .filter(({ text }) => text.toLowerCase().includes(wanted))
    .slice(0, MOST)
    .map(({ text, what }) => html`<option value=${text}>${what}</option>`)
}
customElements.define('kh-probe-form', ProbeForm)
