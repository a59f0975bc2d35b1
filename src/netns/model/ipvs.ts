import type { Addr } from '../../wire/addr.ts'
import type { Verdict } from './netfilter.ts'
import type { Skb } from './skb.ts'

/** `net.ipv4.vs.*` settings that change where packets go; all 0 or 1 as the kernel has them by default. */
export interface IpvsSettings {
  /** `conntrack`: keep the conntrack entry of what IPVS forwards, so that iptables can masquerade it. */
  conntrack: boolean
  /** `conn_reuse_mode`: a SYN for a connection in TIME_WAIT is scheduled anew. */
  connReuseMode: boolean
  /** `expire_nodest_conn`: connections to a server that is gone end with their next packet. */
  expireNodestConn: boolean
  /** `expire_quiescent_template`: persistence forgets servers of weight 0. */
  expireQuiescentTemplate: boolean
}

/** One connection of the IPVS table (`ipvsadm -Lcn`). */
export interface IpvsConnectionView {
  readonly proto: number
  readonly client: Addr
  readonly clientPort: number
  readonly virtual: Addr
  readonly virtualPort: number
  readonly server: Addr
  readonly serverPort: number
  readonly state: string
  /** Simulated microseconds. */
  readonly expires: number
}

/** What `-m ipvs` asks of the connection that a packet belongs to. */
export interface IpvsQuestion {
  readonly proto: number | null
  readonly addr: Addr | null
  readonly port: number | null
}

/** The IP virtual server of one namespace (net/netfilter/ipvs), NAT forwarding only. */
export interface Ipvs {
  /** Whether there is neither a service nor a connection: then the hooks need not be called. */
  readonly idle: boolean
  readonly settings: IpvsSettings
  /**
   * INPUT at 98 and 99, after filter and before nat: answers get the virtual address back; packets for a virtual service are
   * sent on to a real server (NF_STOLEN), or go on to a socket when that is this host.
   */
  input(skb: Skb): Verdict
  /** FORWARD at 99 and 100: answers of real servers get the virtual address back. */
  forward(skb: Skb): Verdict
  /**
   * OUTPUT at −99 and −98, after nat. True when the packet was given a real server elsewhere: then it goes through OUTPUT once
   * more from the start, with its new route. `verdict` tells otherwise.
   */
  output(skb: Skb): boolean
  /** What the last call of `output` decided when it returned false. */
  readonly verdict: Verdict
  /** `-m ipvs`: whether IPVS sent the packet on, and its connection answers all of the question. */
  matches(skb: Skb, question: IpvsQuestion): boolean
  /**
   * Makes the table equal to `ipvsadm-save` text: services and servers that stay keep their state. With `drain`, TCP servers
   * that go stay with weight 0 while they have connections, as kube-proxy does it. Throws KH_IPVS with the line; then nothing
   * has changed.
   */
  restore(text: string, options?: { readonly file?: string; readonly drain?: boolean }): void
  /** `ipvsadm-save -n` text: services and servers in its order. */
  save(): string
  connections(): readonly IpvsConnectionView[]
  /** `ipvsadm -C`. Connections end. */
  clear(): void
}
