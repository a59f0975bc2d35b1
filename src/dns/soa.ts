import { CLASS_IN, joinNames, type Rr, TYPES } from './wire/index.ts'

/** The SOA record that CoreDNS makes up for a zone without a file (plugin.SOA): `ttl` is the minimum too, the record's own at most 300. */
export function makeSoa(zone: string, ttl: number, serial: number, mname = 'ns.dns', rname = 'hostmaster'): Rr {
  return {
    name: zone,
    type: TYPES.SOA,
    class: CLASS_IN,
    ttl: Math.min(ttl, 300),
    data: {
      kind: 'soa',
      mname: joinNames(mname, zone),
      rname: joinNames(rname, zone),
      serial: serial >>> 0,
      refresh: 7200,
      retry: 1800,
      expire: 86400,
      minimum: ttl,
    },
  }
}
