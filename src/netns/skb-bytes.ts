export * from './skb-bytes/length.ts'
export { viewOf } from './skb-bytes/view.ts'
