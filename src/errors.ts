/**
 * Every error that kubehop reports, in one table: a stable code, the exit status of the command line, the HTTP status of
 * the server, and one line of meaning. `docs/errors.md` lists the same; `test/docs/errors.test.ts` holds the two together.
 */
export const ERRORS = {
  KH_ADDRESS: {
    exit: 2,
    http: 400,
    meaning: 'text that should be an IP address, a prefix, a port or a MAC is not one',
  },
  KH_IPTABLES: { exit: 2, http: 400, meaning: 'iptables-save or iptables-restore text cannot be read' },
  KH_NFT: { exit: 2, http: 400, meaning: 'nft -f text cannot be read, or the kernel would refuse it' },
  KH_IPSET: { exit: 2, http: 400, meaning: 'ipset save text cannot be read' },
  KH_IPVS: { exit: 2, http: 400, meaning: 'ipvsadm-save text cannot be read' },
  KH_CONNTRACK: { exit: 2, http: 400, meaning: 'conntrack -L text cannot be read' },
  KH_WIRE: { exit: 2, http: 400, meaning: 'bytes are not a well-formed packet' },
  KH_DNS: { exit: 2, http: 400, meaning: 'a DNS message, domain name, zone file or resolv.conf is not well-formed' },
  KH_COREFILE: { exit: 2, http: 422, meaning: 'CoreDNS would refuse this Corefile' },
  KH_PCAPNG: { exit: 2, http: 400, meaning: 'bytes are not a well-formed pcapng file' },
  KH_YAML: { exit: 2, http: 400, meaning: 'a manifest is not well-formed YAML or JSON' },
  KH_MANIFEST: { exit: 2, http: 422, meaning: 'a field of an object has a value that Kubernetes would refuse' },
  KH_CONFIG: { exit: 2, http: 422, meaning: 'the cluster configuration is wrong' },
  KH_ROUTE: { exit: 2, http: 400, meaning: 'a route, address or rule is one that Linux would refuse' },
  KH_LINK: { exit: 2, http: 400, meaning: 'a link is one that Linux would refuse' },
  KH_CNI: { exit: 2, http: 422, meaning: 'a network plugin refused its configuration or the operation' },
  KH_ENDPOINT: { exit: 2, http: 404, meaning: 'FROM or TO names nothing in this cluster' },
  KH_NOT_FOUND: { exit: 2, http: 404, meaning: 'a revision or an object that was asked for is not there' },
  KH_REFUSED: { exit: 2, http: 403, meaning: 'the server does not answer this host, origin or sender' },
  KH_BUSY: { exit: 2, http: 503, meaning: 'the server has as much to do as it takes; try again' },
  KH_USAGE: { exit: 2, http: 400, meaning: 'the command line is wrong' },
  KH_KERNEL: {
    exit: 2,
    http: 400,
    meaning: 'this machine cannot do it in its own kernel: not Linux, not root, or something is missing',
  },
  KH_IO: { exit: 2, http: 400, meaning: 'a file cannot be read or written' },
  KH_CIDR_EXHAUSTED: { exit: 2, http: 422, meaning: 'a range of addresses or ports has none left' },
  KH_LIMIT: { exit: 2, http: 413, meaning: 'the input is larger than kubehop takes' },
  KH_INTERNAL: { exit: 3, http: 500, meaning: 'our own fault; please report it' },
} as const

export type ErrorCode = keyof typeof ERRORS

/** Where in the user's input a problem is. Lines and columns count from 1. */
export interface Place {
  readonly file: string
  readonly line?: number
  readonly column?: number
}

/** `file:line:column`, as far as known. */
export function formatPlace(place: Place): string {
  let text = place.file
  if (place.line !== undefined) text += `:${place.line}`
  if (place.line !== undefined && place.column !== undefined) text += `:${place.column}`
  return text
}

/** An error whose message is for the user: what was found, what was expected, and what to do. */
export class KubehopError extends Error {
  readonly code: ErrorCode
  readonly place: Place | undefined
  /** The message without its place. */
  readonly text: string

  constructor(code: ErrorCode, text: string, place?: Place) {
    super(place === undefined ? text : `${formatPlace(place)}: ${text}`)
    this.name = 'KubehopError'
    this.code = code
    this.text = text
    this.place = place
  }

  get exitCode(): number {
    return ERRORS[this.code].exit
  }

  get httpStatus(): number {
    return ERRORS[this.code].http
  }
}
