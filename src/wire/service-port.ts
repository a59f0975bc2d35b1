/** Names of /etc/services (RFC 6335, Debian's netbase) that rules of container platforms use; the same for TCP and UDP. */
const SERVICE_PORTS: ReadonlyMap<string, number> = new Map([
  ['ftp-data', 20],
  ['ftp', 21],
  ['ssh', 22],
  ['telnet', 23],
  ['smtp', 25],
  ['domain', 53],
  ['bootps', 67],
  ['bootpc', 68],
  ['tftp', 69],
  ['http', 80],
  ['www', 80],
  ['pop3', 110],
  ['sunrpc', 111],
  ['ntp', 123],
  ['imap2', 143],
  ['snmp', 161],
  ['bgp', 179],
  ['ldap', 389],
  ['https', 443],
  ['syslog', 514],
  ['submission', 587],
  ['ldaps', 636],
  ['imaps', 993],
  ['pop3s', 995],
  ['ms-sql-s', 1433],
  ['nfs', 2049],
  ['mysql', 3306],
  ['mdns', 5353],
  ['postgresql', 5432],
  ['redis', 6379],
  ['http-alt', 8080],
])

/** The port that a service's name stands for; undefined for a name that is not known. */
export function servicePort(name: string): number | undefined {
  return SERVICE_PORTS.get(name)
}
