import { noArguments } from '../no-arguments.ts'
import type { PluginSetup } from '../plugin.ts'
import { addressRr, CLASS_IN, RCODES, type Rr, replyTo, TYPES } from '../wire/index.ts'

/** `whoami`: the client's own address and port, in the additional section. */
export const whoami: PluginSetup = {
  name: 'whoami',
  setup(c) {
    noArguments(c)
    return [
      {
        name: 'whoami',
        // biome-ignore lint/correctness/useYield: it asks nobody else
        *serve(state) {
          const { client, question } = state
          const srv: Rr = {
            name: `_${client.protocol}.${question.name}`,
            type: TYPES.SRV,
            class: CLASS_IN,
            ttl: 0,
            data: { kind: 'srv', priority: 0, weight: 0, port: client.port, target: '.' },
          }
          const additional = [addressRr(question.name, 0, client.address), srv]
          return { rcode: RCODES.NOERROR, message: replyTo(state.query, { aa: true, additional }) }
        },
      },
    ]
  },
}
