import { describe, expect, it } from 'vitest'
import { runCli } from '../cli/run-cli.ts'

const mermaid = async (query: string): Promise<string[]> =>
  (await runCli(`trace ${query} -q -f FIXTURES/shop.yaml -o mermaid`)).stdout.split('\n')

describe('a trace as a Mermaid diagram', () => {
  it('has a lifeline for each namespace, the way there and the way back', async () => {
    const lines = await mermaid('pod/client svc/one:http')
    expect(lines[0]).toBe('sequenceDiagram')
    expect(lines.filter(line => line.includes('participant'))).toEqual([
      '  participant n1 as default/client',
      '  participant n2 as worker-1',
      '  participant n3 as worker-2',
      '  participant n4 as default/one',
    ])
    const arrows = lines.map(line => /^ {2}(n\d-+>>n\d):/.exec(line)?.[1]).filter(arrow => arrow !== undefined)
    expect(arrows).toEqual(['n1->>n2', 'n2->>n3', 'n3->>n4', 'n4-->>n3', 'n3-->>n2', 'n2-->>n1'])
    expect(lines.join('\n')).toMatch(/Note over n2: dst \S+:80 → 10\.244\.2\.\d+:80/)
    expect(lines.at(-2)).toBe('  Note over n4: DELIVERED')
  })

  it('ends with why a packet did not arrive', async () => {
    const lines = await mermaid('pod/client svc/empty')
    expect(lines.at(-2)).toMatch(
      /^ {2}Note over n2: NO_ENDPOINTS: default\/empty has no endpoints .*the client sees ECONNREFUSED$/,
    )
  })

  it('leaves no character that would end a statement', async () => {
    const text = (await mermaid('pod/client pod/one --iptables-save worker-1=FIXTURES/drop.rules')).join('\n')
    expect(text.replaceAll(/#(?:\d+|lt|gt);/g, '')).not.toMatch(/[;#]/)
  })
})
