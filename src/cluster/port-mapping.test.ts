import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePortMapping } from './port-mapping.ts'

test('a mapping has two ports, and an address where one is given', () => {
  const rest = { node: 'n', protocol: 'TCP' }
  assert.deepEqual(parsePortMapping('8080:30800', 'n'), {
    ...{ ...rest, listenAddress: '0.0.0.0', hostPort: 8080, nodePort: 30800 },
  })
  assert.deepEqual(parsePortMapping('127.0.0.1:0:80', 'n'), {
    ...{ ...rest, listenAddress: '127.0.0.1', hostPort: 0, nodePort: 80 },
  })
  assert.equal(parsePortMapping('[::1]:80:80', 'n').listenAddress, '::1')
})

test('what is no mapping is refused with an example', () => {
  for (const text of ['80', '80:', 'x:80:80', '70000:80', '80:0', '80:80:80:80']) {
    assert.throws(() => parsePortMapping(text, 'n'), /expected \[ADDRESS:\]HOSTPORT:NODEPORT/)
  }
})
