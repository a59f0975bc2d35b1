import type { PolicyCliOptions } from '../policy-options.ts'
import { callerFor, type RemoteOptions } from '../remote/caller.ts'
import { writeOut } from '../write-out.ts'

interface WhyOptions extends PolicyCliOptions, RemoteOptions {
  readonly proto?: 'tcp' | 'udp' | 'sctp'
  readonly port?: number
}

/** `kubehop why FROM TO`. */
export async function whyCommand(from: string, to: string, options: WhyOptions): Promise<number> {
  const { namespace, proto, port, ipv6, profile } = options
  const caller = await callerFor(options)
  const { why, lines, allowed } = await caller.call('why', {
    from,
    to,
    namespace,
    profile,
    ...(proto === undefined ? {} : { proto }),
    ...(port === undefined ? {} : { port }),
    ...(ipv6 === undefined ? {} : { ipv6 }),
  })
  const text = options.output === 'json' ? JSON.stringify(why, null, 2) : lines.join('\n')
  await writeOut(`${text}\n`)
  return allowed ? 0 : 1
}
