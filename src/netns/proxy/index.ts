export { type ProxyOptions, UserSpaceProxy } from './user-space-proxy.ts'
