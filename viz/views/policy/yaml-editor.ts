import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { yaml } from '@codemirror/lang-yaml'
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint'
import { EditorState } from '@codemirror/state'
import { EditorView, keymap, lineNumbers } from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit'

/** What is wrong with the text, and where: line and column from 1. */
export interface YamlProblem {
  readonly message: string
  readonly line: number | undefined
  readonly column: number | undefined
}

const theme = EditorView.theme({
  '&': { height: '100%', fontSize: '13px', backgroundColor: 'var(--ground)', color: 'var(--ink)' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', overflow: 'auto' },
  '.cm-content': { caretColor: 'var(--ink)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--ink-dim)', borderRight: '1px solid var(--line)' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': { backgroundColor: 'var(--accent-wash) !important' },
  '.cm-tooltip': { backgroundColor: 'var(--ground)', color: 'var(--ink)', border: '1px solid var(--line-strong)' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--no)' },
})

/** The page's own colours instead of CodeMirror's, so that both grounds have their contrast. */
const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--some-ink)' },
  { tag: [tags.string, tags.content, tags.attributeValue], color: 'var(--ink)' },
  { tag: [tags.number, tags.bool, tags.keyword], color: 'var(--unknown-ink)' },
  { tag: tags.comment, color: 'var(--ink-dim)', fontStyle: 'italic' },
])

/**
 * Where a browser replaces coloured text it keeps the colour in a style attribute, which the page's policy refuses with a complaint: such
 * edits are made here instead.
 */
const overwriting = EditorView.domEventHandlers({
  beforeinput(event, editor) {
    if (event.inputType !== 'insertText' || event.data === null || editor.composing) return false
    if (editor.state.selection.main.empty) return false
    event.preventDefault()
    editor.dispatch(editor.state.replaceSelection(event.data), { userEvent: 'input.type', scrollIntoView: true })
    return true
  },
})

/** An editor for YAML. Fires `kh-edited` (the text) when the user changes it. */
export class YamlEditor extends LitElement {
  static override properties = {
    text: { attribute: false },
    problems: { attribute: false },
    label: { attribute: false },
  }
  static override styles = css`
    :host { display: block; min-height: 0; min-width: 0; }
    .editor { height: 100%; }
  `

  declare text: string
  declare problems: readonly YamlProblem[]
  declare label: string

  #editor: EditorView | undefined

  constructor() {
    super()
    this.text = ''
    this.problems = []
    this.label = 'YAML'
  }

  protected override render(): TemplateResult {
    return html`<div class="editor"></div>`
  }

  protected override firstUpdated(): void {
    const { renderRoot } = this
    const parent = renderRoot.querySelector('.editor')
    if (parent === null || !(renderRoot instanceof ShadowRoot)) return
    const changed = EditorView.updateListener.of(update => {
      if (update.docChanged && update.transactions.some(one => !one.isUserEvent('kubehop')))
        this.dispatchEvent(new CustomEvent('kh-edited', { detail: update.state.doc.toString() }))
    })
    const extensions = [
      lineNumbers(),
      history(),
      yaml(),
      syntaxHighlighting(colours),
      lintGutter(),
      theme,
      EditorState.tabSize.of(2),
      // Escape, then Tab leaves the editor, as CodeMirror's own documentation asks for.
      keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
      EditorView.contentAttributes.of({ 'aria-label': this.label }),
      overwriting,
      changed,
    ]
    // In a shadow root CodeMirror's styles are adopted sheets, which the page's policy lets pass.
    this.#editor = new EditorView({
      state: EditorState.create({ doc: this.text, extensions }),
      parent,
      root: renderRoot,
    })
    this.#mark()
  }

  protected override updated(changed: PropertyValues): void {
    const editor = this.#editor
    if (editor === undefined) return
    if (changed.has('text') && this.text !== editor.state.doc.toString()) {
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: this.text }, userEvent: 'kubehop' })
    }
    if (changed.has('problems')) this.#mark()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#editor?.destroy()
    this.#editor = undefined
  }

  override connectedCallback(): void {
    super.connectedCallback()
    if (this.hasUpdated) this.firstUpdated()
  }

  /** Puts the caret at a line and column from 1. */
  goTo(line: number, column: number): void {
    const editor = this.#editor
    if (editor === undefined) return
    const at = editor.state.doc.line(Math.max(1, Math.min(line, editor.state.doc.lines)))
    editor.dispatch({ selection: { anchor: Math.min(at.to, at.from + column - 1) }, scrollIntoView: true })
    editor.focus()
  }

  #mark(): void {
    const editor = this.#editor
    if (editor === undefined) return
    const { doc } = editor.state
    const diagnostics = this.problems.flatMap(({ message, line, column = 1 }): Diagnostic[] => {
      if (line === undefined || line < 1 || line > doc.lines) return []
      const at = doc.line(line)
      const from = Math.min(at.to, at.from + column - 1)
      return [{ from, to: Math.max(from, at.to), severity: 'error', message }]
    })
    editor.dispatch(setDiagnostics(editor.state, diagnostics))
  }
}

customElements.define('kh-yaml-editor', YamlEditor)
