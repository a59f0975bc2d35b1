import { KubehopError } from '../../../src/errors.ts'
import type { DeviceConf } from '../../../src/netns/model/device.ts'
import {
  applyAddress,
  applyRoute,
  applyRule,
  revokeAddress,
  revokeRoute,
  revokeRule,
  setLinkUp,
} from '../../../src/netns/route/index.ts'
import { showAddr, showLink, showRoute, showRouteGet, showRule } from '../../../src/netns/show/index.ts'
import { parseAddr } from '../../../src/wire/addr.ts'
import { parseMac } from '../../../src/wire/mac.ts'
import { type FakeDevice, type FakeNamespace, fakeNamespace } from './fake-namespace.ts'

const CONF: { readonly [name: string]: keyof DeviceConf } = {
  forwarding: 'forwarding',
  rp_filter: 'rpFilter',
  accept_local: 'acceptLocal',
  route_localnet: 'routeLocalnet',
  send_redirects: 'sendRedirects',
}

/** The commands of the fixtures, run in a simulated namespace: answers what the tools print, or the text of the error. */
export class FakeShell {
  readonly world: FakeNamespace = fakeNamespace({ loUp: false })

  run(command: string): string {
    try {
      return this.#run(command).replace(/ link-netns \S+/g, '')
    } catch (error) {
      if (error instanceof KubehopError) return `${error.text}\n`
      throw error
    }
  }

  #run(command: string): string {
    const words = command.split(/\s+/)
    const [tool, ...rest] = words
    switch (tool) {
      case 'veth':
        this.world.add(rest[0] ?? '', { up: false, mac: parseMac(rest[1] ?? '') })
        return ''
      case 'carrier':
        this.#device(rest[0]).carrier = rest[1] === 'on'
        return ''
      case 'sysctl':
        this.#sysctl(rest.at(-1) ?? '')
        return ''
      default:
        return this.#ip(rest)
    }
  }

  #device(name: string | undefined): FakeDevice {
    return this.world.ns.device(name ?? '') as FakeDevice
  }

  #sysctl(assignment: string): void {
    const [path = '', value = ''] = assignment.split('=')
    const { sysctl, devices } = this.world.ns
    if (path === 'net.ipv4.ip_forward') for (const dev of devices) dev.conf.forwarding = value === '1'
    else if (path === 'net.ipv6.conf.all.forwarding') {
      for (const conf of [sysctl.all, sysctl.default, ...devices.map(dev => dev.conf)]) conf.forwarding6 = value === '1'
    } else {
      const [, , , device = '', key = ''] = path.split('.')
      const conf = device === 'all' ? sysctl.all : this.#device(device).conf
      const field = CONF[key] ?? 'forwarding'
      Object.assign(conf, { [field]: field === 'rpFilter' ? Number(value) : value === '1' })
    }
  }

  #ip(words: readonly string[]): string {
    const { ns } = this.world
    const flags = words.filter(word => word.startsWith('-'))
    const [object, action, ...rest] = words.filter(word => word !== '-4' && word !== '-6' && word !== '-br')
    const family = flags.includes('-6') ? (6 as const) : flags.includes('-4') ? (4 as const) : undefined
    const options: { family?: 4 | 6 } = family === undefined ? {} : { family }
    const line = rest.join(' ')
    const dev = rest[0] === 'dev' ? { dev: rest[1] ?? '' } : {}
    switch (`${object} ${action ?? 'show'}`) {
      case 'link set':
        setLinkUp(this.#device(rest[0]), rest[1] === 'up')
        return ''
      case 'link del':
        this.world.remove(this.#device(rest[0]))
        return ''
      case 'link show':
        return showLink(ns, { ...dev, brief: flags.includes('-br') })
      case 'addr add':
        applyAddress(ns, line)
        return ''
      case 'addr del':
        revokeAddress(ns, line)
        return ''
      case 'addr show':
        return showAddr(ns, { ...options, ...dev, brief: flags.includes('-br') })
      case 'route add':
        applyRoute(ns, line, { file: 'ip route' }, options)
        return ''
      case 'route del':
        return revokeRoute(ns, line, { file: 'ip route' }, options) ? '' : 'No such process\n'
      case 'route show': {
        const name = rest[0] === 'table' ? (rest[1] ?? '') : 'main'
        const known: { readonly [table: string]: number | 'all' } = { all: 'all', main: 254, local: 255 }
        return showRoute(ns, known[name] ?? Number(name), options)
      }
      case 'route get':
        return this.#get(rest)
      case 'rule add':
        applyRule(ns, line, { file: 'ip rule' }, family)
        return ''
      case 'rule del':
        return revokeRule(ns, line, { file: 'ip rule' }, family) ? '' : 'No such process\n'
      case 'rule show':
        return showRule(ns, family)
      default:
        throw new Error(`the fake shell does not know: ip ${words.join(' ')}`)
    }
  }

  #get([dst = '', ...rest]: readonly string[]): string {
    const option = (name: string): string | undefined => {
      const at = rest.indexOf(name)
      return at < 0 ? undefined : rest[at + 1]
    }
    const [from, iif, oif, mark] = ['from', 'iif', 'oif', 'mark'].map(option)
    return showRouteGet(this.world.ns, parseAddr(dst), {
      ...(from !== undefined && { from: parseAddr(from) }),
      ...(iif !== undefined && { iif: this.#device(iif) }),
      ...(oif !== undefined && { oif: this.#device(oif) }),
      ...(mark !== undefined && { mark: Number(mark) }),
    })
  }
}
