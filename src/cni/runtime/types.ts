/** One plugin's object in a configuration list. What a plugin reads of it is checked by the plugin. */
export interface PluginConfig {
  readonly type: string
  readonly capabilities?: Readonly<Record<string, boolean>>
  readonly ipam?: IpamConfig
  readonly [key: string]: unknown
}

export interface IpamRange {
  readonly subnet: string
  readonly rangeStart?: string
  readonly rangeEnd?: string
  readonly gateway?: string
}

export interface IpamConfig extends Partial<IpamRange> {
  readonly type: string
  readonly ranges?: readonly (readonly IpamRange[])[]
  readonly routes?: readonly CniRoute[]
}

/** A configuration list (`/etc/cni/net.d/*.conflist`). */
export interface ConfigList {
  readonly cniVersion: string
  readonly name: string
  readonly disableCheck?: boolean
  readonly plugins: readonly PluginConfig[]
}

export interface CniInterface {
  readonly name: string
  readonly mac: string
  /** Path of the namespace; absent for an interface of the host. */
  readonly sandbox?: string
}

export interface CniIp {
  /** `a.b.c.d/length`. */
  readonly address: string
  readonly gateway?: string
  /** Index into `interfaces`. */
  readonly interface?: number
  /** Results before 0.4.0 carry it. */
  readonly version?: '4' | '6'
}

export interface CniRoute {
  readonly dst: string
  readonly gw?: string
}

/** The success result (CNI specification 1.0.0 §5). */
export interface CniResult {
  readonly cniVersion: string
  readonly interfaces?: readonly CniInterface[]
  readonly ips?: readonly CniIp[]
  readonly routes?: readonly CniRoute[]
  readonly dns: Readonly<Record<string, unknown>>
}

export interface PortMapping {
  readonly hostPort: number
  readonly containerPort: number
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  readonly hostIP?: string
}

/** The environment and runtime arguments of one invocation. */
export interface CniInvocation {
  readonly containerId: string
  /** Name of the pod's network namespace. */
  readonly netns: string
  readonly ifName: string
  /** CNI_ARGS, such as K8S_POD_NAME; `IP` asks for an address. */
  readonly args: Readonly<Record<string, string>>
  readonly portMappings: readonly PortMapping[]
}
