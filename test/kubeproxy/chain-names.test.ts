import { expect, test } from 'vitest'
import { chainHash, endpointChain, isServiceChain, serviceChains } from '../../src/kubeproxy/index.ts'

// The first twelve stand in the upstream tests; the others were read off real nodes.
test.each([
  ['ns1/svc1:p80tcp', 'XPGD46QRK7WJZT7O'],
  ['ns2/svc2:p80tcp', 'GNZBNJ2PO5MGZ6GT'],
  ['ns3/svc3:p80tcp', 'X27LE4BHSL4DOUIK'],
  ['ns4/svc4:p80tcp', '4SW47YFZTEDKD3PK'],
  ['ns5/svc5:p80tcp', 'NUKIZ6OKUXPJNT4C'],
  ['ns2/svc2:p8080tcp', '2VJB64SDSIJUP5T6'],
  ['ns4/svc4:p8082tcp', 'EBDQOQU5SJFXRIL3'],
  ['ns1/svc1:p80tcp10.180.0.1:80', 'SXIVWICOYRO3J4NJ'],
  ['ns4/svc4:p80tcp10.180.0.5:80', 'C6EBXVWJJZMIWKLZ'],
  ['ns1/svc1:p80tcp10.0.0.0:80', 'DKGQUZGBKLTPAR56'],
  ['ns3/svc3:p8081tcp203.0.113.4:8081', 'RUVVH7YV3PHQBDOS'],
  ['ns4/svc4:p8082tcp10.4.0.1:8082', 'SU5STNODRYEWJAUF'],
  ['default/kubernetes:httpstcp', 'NPX46M4PTMTKRN6Y'],
  ['kube-system/kube-dns:dnsudp', 'TCOU7JCQXEZGVUNU'],
  ['kube-system/kube-dns:dns-tcptcp', 'ERIFXISQEP7F7OF4'],
  ['default/testweb:tcp', 'EG66NKXDU7X2QZTA'],
  ['kube-system/kubernetes-dashboard:tcp', 'XGLOHA7QRQ3V22RZ'],
  ['default/testweb:tcp10.32.0.4:80', '7KX2LIG5LIB5UVVO'],
  ['default/testwebtcp', 'GFUQS2DMKPNBG5L5'],
  ['ns1/svc1:p80tcp[fd00:10:180::1]:80', 'OGYCNMB4EMRUSJ6N'],
])('%s hashes to %s', (text, hash) => {
  expect(chainHash(text)).toBe(hash)
})

test('the four chains of a service port share one hash', () => {
  expect(serviceChains('ns1/svc1:p80', 'tcp')).toEqual({
    svc: 'KUBE-SVC-XPGD46QRK7WJZT7O',
    svl: 'KUBE-SVL-XPGD46QRK7WJZT7O',
    ext: 'KUBE-EXT-XPGD46QRK7WJZT7O',
    fw: 'KUBE-FW-XPGD46QRK7WJZT7O',
  })
  expect(endpointChain('ns1/svc1:p80', 'tcp', '10.180.0.1:80')).toBe('KUBE-SEP-SXIVWICOYRO3J4NJ')
})

test.each([
  ['KUBE-SVC-X', true],
  ['KUBE-SVL-X', true],
  ['KUBE-SEP-X', true],
  ['KUBE-FW-X', true],
  ['KUBE-EXT-X', true],
  ['KUBE-SERVICES', false],
  ['KUBE-XLB-X', false],
  ['CNI-DN-X', false],
])('a sync may delete %s: %s', (name, expected) => {
  expect(isServiceChain(name)).toBe(expected)
})
