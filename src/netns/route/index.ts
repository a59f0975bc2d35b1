export { type AddressOptions, addAddress, broadcastOf, removeAddress } from './address.ts'
export { createFib } from './create-fib.ts'
export { linkLocalAddress, setLinkUp } from './set-link-up.ts'
