export { Client, type Outcome, type PingReply, type SeenError } from './client.ts'
export type { Listener, ListenOptions, Respond, RespondPeer, Sighting } from './listener.ts'
export { createSocketTable } from './socket-table.ts'
export type { ConnectOptions, PingOptions, ProbeOptions, Sockets, UdpOptions } from './sockets.ts'
