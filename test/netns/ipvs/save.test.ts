import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KubehopError } from '../../../src/errors.ts'
import { parseIpvsSave, SCHEDULER_NAMES } from '../../../src/netns/ipvs/index.ts'
import { World } from '../../../src/netns/sim/world.ts'

const ipvs = () => new World().createNamespace('n').ipvs

const SAVED = `-A -t 10.96.0.1:443 -s rr
-a -t 10.96.0.1:443 -r 192.168.0.10:6443 -m -w 1
-A -t 10.96.0.9:80 -s wlc -p 10800
-a -t 10.96.0.9:80 -r 10.244.1.2:8080 -m -w 1
-a -t 10.96.0.9:80 -r 10.244.2.2:8080 -m -w 3
-A -t 10.97.0.1:80 -s rr -p 600 -M 255.255.255.0
-A -u 10.96.0.10:53 -s sh -b sh-port
-a -u 10.96.0.10:53 -r 10.244.1.3:53 -m -w 0
-A --sctp-service 10.96.0.11:3868 -s mh -b mh-port
-A -t [fd00::1]:443 -s rr -p 600 -M 64
-a -t [fd00::1]:443 -r [fd00:1::2]:6443 -m -w 1
`

describe('ipvsadm-save text', () => {
  test('comes out as it went in', () => {
    const table = ipvs()
    table.restore(SAVED)
    expect(table.save()).toBe(SAVED)
  })
  test('long options, other order, comments and defaults', () => {
    const table = ipvs()
    table.restore(`# a comment

--add-service --tcp-service 10.96.0.2:80
--add-server --tcp-service 10.96.0.2:80 --weight 5 --real-server 10.0.0.1:80 --masquerading
-A -u 10.96.0.2:53 -p
`)
    expect(table.save()).toBe(`-A -t 10.96.0.2:80 -s wlc
-a -t 10.96.0.2:80 -r 10.0.0.1:80 -m -w 5
-A -u 10.96.0.2:53 -s wlc -p 360
`)
  })
  test.each([
    ['-D -t 1.2.3.4:80', 'expected -A or -a'],
    ['-A -t 1.2.3.4', 'expected ADDRESS:PORT'],
    ['-A -t 1.2.3.4:0', 'expected ADDRESS:PORT'],
    ['-A -t [1.2.3.4]:80', 'expected ADDRESS:PORT'],
    ['-A -f 1', 'firewall mark'],
    ['-A -t 1.2.3.4:80 -s best', 'scheduler "best"'],
    ['-A -t 1.2.3.4:80 -p 0', 'expected a timeout from 1'],
    ['-A -t 1.2.3.4:80 -M 255.0.255.0', 'netmask'],
    ['-A -t 1.2.3.4:80 -x', 'not simulated'],
    ['-A -t 1.2.3.4:80\n-A -t 1.2.3.4:80', 'service already exists'],
    ['-a -t 1.2.3.4:80 -r 10.0.0.1:80 -m', 'no such service'],
    ['-A -t 1.2.3.4:80\n-a -t 1.2.3.4:80 -m', 'expected -r'],
    ['-A -t 1.2.3.4:80\n-a -t 1.2.3.4:80 -r 10.0.0.1:80 -g', 'only forwarding by NAT'],
    ['-A -t 1.2.3.4:80\n-a -t 1.2.3.4:80 -r 10.0.0.1:80', 'only forwarding by NAT'],
    ['-A -t 1.2.3.4:80\n-a -t 1.2.3.4:80 -r 10.0.0.1:80 -m -w 65536', 'expected a weight'],
    ['-A -t 1.2.3.4:80\n-a -t 1.2.3.4:80 -r [fd00::1]:80 -m', 'different families'],
    ['-A -t 1.2.3.4:80\n-a -t 1.2.3.4:80 -r 10.0.0.1:80 -m\n-a -t 1.2.3.4:80 -r 10.0.0.1:80 -m', 'already exists'],
  ])('%j is refused: %s', (text, message) => {
    const table = ipvs()
    table.restore('-A -u 9.9.9.9:53 -s rr\n')
    expect(() => table.restore(text, { file: 'save.txt' })).toThrow(message)
    expect(table.save()).toBe('-A -u 9.9.9.9:53 -s rr\n')
  })
  test('random tables come out as they went in', () => {
    const service = fc.record({
      host: fc.integer({ min: 1, max: 250 }),
      port: fc.integer({ min: 1, max: 65535 }),
      scheduler: fc.constantFrom(...SCHEDULER_NAMES),
      timeout: fc.integer({ min: 0, max: 86400 }),
      servers: fc.uniqueArray(fc.integer({ min: 1, max: 250 }), { maxLength: 4 }),
    })
    fc.assert(
      fc.property(
        fc.uniqueArray(service, { selector: ({ host, port }) => `${host} ${port}`, maxLength: 5 }),
        services => {
          const sorted = [...services].sort((a, b) => a.host - b.host || a.port - b.port)
          const text = sorted
            .map(({ host, port, scheduler, timeout, servers }) => {
              const name = `-t 10.96.0.${host}:${port}`
              const head = `-A ${name} -s ${scheduler}${timeout > 0 ? ` -p ${timeout}` : ''}\n`
              const order = [...servers].sort((a, b) => a - b)
              return head + order.map(server => `-a ${name} -r 10.0.0.${server}:80 -m -w 1\n`).join('')
            })
            .join('')
          const table = ipvs()
          table.restore(text)
          expect(table.save()).toBe(text)
        },
      ),
    )
  })
  test('whatever the text: services, or a KubehopError with its line', () => {
    const mutated = fc
      .tuple(fc.nat({ max: SAVED.length }), fc.nat({ max: 20 }), fc.string())
      .map(([at, length, text]) => SAVED.slice(0, at) + text + SAVED.slice(at + length))
    fc.assert(
      fc.property(fc.oneof(fc.string(), mutated), text => {
        try {
          parseIpvsSave(text)
        } catch (error) {
          expect(error).toBeInstanceOf(KubehopError)
          expect((error as KubehopError).code).toBe('KH_IPVS')
        }
      }),
    )
  })
})
