export { DNS_BENCHMARKS } from './in-process.ts'
export { measureOverUdp } from './over-udp.ts'
