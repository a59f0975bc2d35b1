/** A view, as the tabs and the help sheet show it. */
export interface ViewInfo {
  /** In the address bar: `#/id`. */
  readonly id: string
  readonly title: string
  /** One letter that goes there from anywhere. */
  readonly key: string
  /** Its custom element. */
  readonly tag: string
  /** What it shows, in one sentence. */
  readonly summary: string
  /** Defines the element. */
  readonly load: () => Promise<unknown>
}

/** In the order of the tabs. A new view is one line here and one folder under `viz/views`. */
export const VIEWS: readonly ViewInfo[] = []

export function viewOf(id: string): ViewInfo | undefined {
  return VIEWS.find(view => view.id === id)
}
