import type { Box } from '../../layout/index.ts'
import { fitText, textColumns } from '../../layout/index.ts'
import { GAP, SERVICE } from './sizes.ts'
import type { TopologyService } from './topology-model.ts'
import type { ServiceSpot } from './topology-spec.ts'

/** Rows of Services at most. */
const MOST_ROWS = 3
/** Of the chip that counts the rest. */
const MORE_WIDTH = 130

/** What a Service's chip says. */
export function serviceLabel({ namespace, name, ports }: TopologyService): string {
  const numbers = [...new Set(ports.map(({ port }) => port))]
  const text = `${name}${namespace === 'default' ? '' : `.${namespace}`}`
  return `${fitText(text, 30, 'middle')}:${numbers.slice(0, 3).join(',')}${numbers.length > 3 ? ',…' : ''}`
}

/** Chips in rows from 0,top on, so wide at most. */
export function layoutServices(
  services: readonly TopologyService[],
  width: number,
  left: number,
): {
  readonly spots: readonly ServiceSpot[]
  readonly more: { readonly count: number; readonly box: Box } | null
  readonly bottom: number
} {
  const spots: ServiceSpot[] = []
  const top = 12
  let x = left + 70
  let row = 0
  for (const service of services) {
    const own = Math.min(width - 70, 62 + SERVICE.letter * textColumns(serviceLabel(service)))
    const room = row === MOST_ROWS - 1 ? width - MORE_WIDTH : width
    if (x + own > left + room && x > left + 70) {
      row++
      x = left + 70
      if (row >= MOST_ROWS) break
    }
    spots.push({ service, box: { x, y: top + row * (SERVICE.height + 6), width: own, height: SERVICE.height } })
    x += own + GAP
  }
  const count = services.length - spots.length
  const rows = Math.min(row + 1, MOST_ROWS)
  const box = {
    x: left + width - MORE_WIDTH,
    y: top + (rows - 1) * (SERVICE.height + 6),
    width: MORE_WIDTH,
    height: SERVICE.height,
  }
  return {
    spots,
    more: count > 0 ? { count, box } : null,
    bottom: services.length === 0 ? top : top + rows * (SERVICE.height + 6),
  }
}
