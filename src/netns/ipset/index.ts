export { createIpsets } from './create-ipsets.ts'
