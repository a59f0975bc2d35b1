export { type AddressOptions, addAddress, broadcastOf, removeAddress } from './address.ts'
export { createFib } from './create-fib.ts'
export { type RoutePart, RouteRefused } from './route-refused.ts'
export { linkLocalAddress, setLinkUp } from './set-link-up.ts'
export {
  applyAddress,
  applyNeighbour,
  applyRoute,
  applyRule,
  revokeAddress,
  revokeNeighbour,
  revokeRoute,
  revokeRule,
} from './text/apply.ts'
export { loadAddresses, loadNeighbours, loadRoutes, loadRules, readFdb } from './text/load.ts'
export { type ParsedFdb, parseFdbLine } from './text/parse-fdb.ts'
