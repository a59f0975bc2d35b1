/** Lets a packet be sent by dragging from one box to another; boxes say with `data-endpoint` what they are for FROM and TO. */
export function dragProbe(picture: SVGSVGElement, send: (from: string, to: string) => void): void {
  let start: { readonly endpoint: string; readonly x: number; readonly y: number } | null = null
  let rubber: SVGLineElement | null = null
  const place = ({ clientX, clientY }: PointerEvent): DOMPoint =>
    new DOMPoint(clientX, clientY).matrixTransform(picture.getScreenCTM()?.inverse())
  const endpointAt = (event: PointerEvent): string | undefined => {
    const root = picture.getRootNode()
    const under =
      root instanceof ShadowRoot || root instanceof Document
        ? root.elementFromPoint(event.clientX, event.clientY)
        : null
    return under?.closest<SVGElement>('[data-endpoint]')?.dataset.endpoint
  }
  const stop = (): void => {
    rubber?.remove()
    rubber = null
    start = null
  }
  picture.addEventListener('pointerdown', event => {
    const endpoint = event.button === 0 ? endpointAt(event) : undefined
    // A Service can be sent to, and never sends.
    if (endpoint !== undefined && !endpoint.startsWith('svc/')) start = { endpoint, x: event.clientX, y: event.clientY }
  })
  picture.addEventListener('pointermove', event => {
    if (start === null) return
    if (rubber === null && Math.hypot(event.clientX - start.x, event.clientY - start.y) < 6) return
    const here = place(event)
    if (rubber === null) {
      rubber = document.createElementNS('http://www.w3.org/2000/svg', 'line')
      rubber.setAttribute('class', 'rubber')
      rubber.setAttribute('x1', String(here.x))
      rubber.setAttribute('y1', String(here.y))
      picture.append(rubber)
      picture.setPointerCapture(event.pointerId)
    }
    rubber.setAttribute('x2', String(here.x))
    rubber.setAttribute('y2', String(here.y))
  })
  picture.addEventListener('pointerup', event => {
    const from = rubber === null ? undefined : start?.endpoint
    rubber?.remove()
    const to = endpointAt(event)
    if (from !== undefined && to !== undefined && from !== to) send(from, to)
    stop()
  })
  picture.addEventListener('pointercancel', stop)
}
