export { same } from './same.ts'
export { type Change, Store, type StoreOptions } from './store.ts'
