import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Cluster, readConfig } from '../../../src/cluster/index.ts'
import { availability } from '../../../src/probe/index.ts'

const folder = `${import.meta.dirname}/../../../examples/availability`
const read = (file: string): string => readFileSync(`${folder}/${file}`, 'utf8')

/** The course's table: Y, or the first thing that fails: d (DNS), r (route), l (own loopback). */
const TABLE: Readonly<Record<string, string>> = {
  '10.32.0.6': 'YYYr',
  '10-32-0-6.default.pod.cluster.local': 'YYdd',
  '10-32-0-6.default.pod': 'YYdd',
  'mysvc.default.svc.cluster.local': 'YYdd',
  'mysvc.default.svc': 'YYdd',
  'mysvc.default': 'YYdd',
  mysvc: 'Yddd',
  '10.102.43.253': 'YYYr',
  '10-32-0-9.mysvc.default.svc.cluster.local': 'YYdd',
  '10-32-0-9.mysvc.default.svc': 'YYdd',
  '172.31.3.67:31741': 'YYYY',
  '127.0.0.1:31741': 'llYl',
  'ip-172-31-3-67.ec2.internal:31741': 'YYYY',
}

test('the course’s availability table: 52 cells with the first thing that fails', () => {
  const cluster = Cluster.load({
    inputs: [{ name: 'website.yaml', text: read('manifests/website.yaml') }],
    config: readConfig('cluster.yaml', read('cluster.yaml')),
  })
  const service = cluster.snapshot.services.find(({ metadata }) => metadata.name === 'mysvc')
  if (service === undefined) throw new Error('the example has the Service')
  const table = availability(cluster, service)
  const letters = { reached: 'Y', DNS: 'd', route: 'r', 'own loopback': 'l', connection: '?' } as const
  expect(table.places.map(place => place.from)).toEqual([
    'default/dns-test',
    'other/dns-test',
    'node/ip-172-31-3-67',
    'external/172.31.40.9',
  ])
  expect(
    Object.fromEntries(table.rows.map(row => [row.name, row.cells.map(cell => letters[cell.stage]).join('')])),
  ).toEqual(TABLE)
  const queries = Object.fromEntries(table.rows.map(row => [row.name, row.cells[0]?.queries]))
  expect(queries).toMatchObject({
    mysvc: 2,
    'mysvc.default': 4,
    'mysvc.default.svc': 6,
    'mysvc.default.svc.cluster.local': 10,
  })
})
