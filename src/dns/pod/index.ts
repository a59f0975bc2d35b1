export { formatResolvConf, type KubeletDns, type PodDns, podDns } from './dns-config.ts'
export { podHostname, podHosts } from './hosts.ts'
export { parseResolvConf, type ResolvConf } from './parse-resolv-conf.ts'
