export {
  emptyConfig,
  type IptablesInput,
  type LinkConfig,
  type ListenerConfig,
  type NamespaceConfig,
} from './config.ts'
export { Segment } from './link/index.ts'
export * from './model/index.ts'
export { parseRestore } from './netfilter/index.ts'
export { nftElementText, nftPriority, parseRuleset } from './nft/index.ts'
export { loadAddresses, loadNeighbours, loadRoutes, loadRules } from './route/index.ts'
export * from './show/index.ts'
export { SeededChance } from './sim/chance.ts'
export { type Exploration, type ExploredBranch, explore } from './sim/explore.ts'
export { type ExactFraction, fraction, ONE, plus, times, ZERO } from './sim/fraction.ts'
export { NetNamespace } from './sim/namespace.ts'
export { RuleTexts } from './sim/rule-texts.ts'
export { type Decision, ScriptedChance } from './sim/scripted-chance.ts'
export { EventLoop, type SimulationOptions } from './sim/simulation.ts'
export { getSysctl, setSysctl, sysctlNames } from './sim/sysctl.ts'
export { World } from './sim/world.ts'
export {
  Client,
  type ConnectOptions,
  type Listener,
  type ListenOptions,
  type Outcome,
  type PingOptions,
  type PingReply,
  type ProbeOptions,
  type Respond,
  type RespondPeer,
  type SeenError,
  type Sighting,
  type Sockets,
  type UdpOptions,
} from './socket/index.ts'
