export { loadbalance } from './loadbalance.ts'
