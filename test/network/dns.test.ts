import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { decode, encode } from 'dns-packet'
import type { Endpoint } from '../../src/api/types.gen.ts'
import { createInformers } from '../../src/client/informers.ts'
import { clusterDns, dnsWants } from '../../src/dns/cluster-dns.ts'
import { kubeDnsObjects } from '../../src/dns/kube-dns.ts'
import { isInFabric } from '../../src/host/in-fabric.ts'
import { nodes, service, slice, startWorld, until } from './world.ts'

/** The host's resolver: knows one name, and that there is no other. */
async function askDns(query: Uint8Array): Promise<Uint8Array> {
  const { id, questions = [] } = decode(Buffer.from(query))
  const [question] = questions
  if (!id || !question) throw new Error('no question')
  const isKnown = question.name === 'www.example.org' && question.type === 'A'
  const answers = isKnown
    ? [{ type: 'A' as const, name: question.name, ttl: 300, data: '192.0.2.80' }]
    : []
  return encode({ type: 'response', id, flags: isKnown ? 0x180 : 0x183, questions, answers })
}

if (isInFabric(import.meta.url, nodes)) {
  const world = await startWorld()
  const { client, signal, log } = world
  after(() => world.stop())
  const clusterIP = '10.96.0.10'
  const address = '172.18.0.1'
  const { service: kubeDns, endpointSlice } = kubeDnsObjects({ clusterIP, address })
  await client.create('Service', kubeDns)
  await client.create('EndpointSlice', endpointSlice)
  for (const name of ['default', 'kube-system'])
    await client.create('Namespace', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
      spec: {},
    })
  const informers = createInformers(client, dnsWants, { signal })
  const options = { informers, domain: 'cluster.local', address, serviceAddress: clusterIP }
  const dns = clusterDns({ ...options, porter: { askDns }, signal, log })
  await dns.ready
  const pod = await world.pod(1)

  const dig = (...args: string[]) => pod.run('dig', `@${clusterIP}`, '+time=2', '+tries=2', ...args)
  const short = async (...args: string[]) =>
    (await dig('+short', ...args)).trim().split('\n').toSorted()
  const status = async (...args: string[]) => /status: (\w+)/.exec(await dig(...args))?.[1]
  const svc = (name: string) => `${name}.default.svc.cluster.local`
  await until(
    () => dig('+short', 'kube-dns.kube-system.svc.cluster.local'),
    (a) => a !== '',
  )

  const ports = [
    { name: 'http', port: 80, protocol: 'TCP' as const },
    { name: 'https', port: 443, protocol: 'TCP' as const },
  ]
  await client.create('Service', service({ name: 'web', clusterIP: '10.96.0.80', ports }))
  await client.create(
    'Service',
    service({ name: 'db', clusterIP: 'None', ports: ports.slice(0, 1) }),
  )
  const endpoint = (ip: string, more: Partial<Endpoint> = {}): Endpoint => ({
    addresses: [ip],
    conditions: { ready: true },
    ...more,
  })
  await client.create('EndpointSlice', {
    ...slice('db', [], [{ name: 'http', port: 8080, protocol: 'TCP' }]),
    endpoints: [
      endpoint('10.244.0.30', { hostname: 'db-0' }),
      endpoint('10.244.1.31'),
      endpoint('10.244.1.32', { conditions: { ready: false } }),
    ],
  })
  const alias = { type: 'ExternalName' as const }
  await client.create(
    'Service',
    service({ name: 'away', externalName: 'www.example.org', ...alias }),
  )
  await client.create('Service', service({ name: 'near', externalName: svc('web'), ...alias }))
  await until(
    () => dig('+short', svc('near')),
    (answer) => answer.includes('10.96.0.80'),
  )

  test('a Service has its cluster IP, over UDP and TCP, in any case', async () => {
    assert.deepEqual(await short(svc('web')), ['10.96.0.80'])
    assert.deepEqual(await short('+tcp', svc('web')), ['10.96.0.80'])
    assert.deepEqual(await short('WEB.Default.svc.CLUSTER.local'), ['10.96.0.80'])
  })

  test('a headless Service has the addresses of its ready endpoints', async () => {
    assert.deepEqual(await short(svc('db')), ['10.244.0.30', '10.244.1.31'])
    assert.deepEqual(await short(svc('db-0.db')), ['10.244.0.30'])
    assert.deepEqual(await short(svc('10-244-1-31.db')), ['10.244.1.31'])
  })

  test('named ports have SRV records, with the addresses of their targets beside them', async () => {
    assert.deepEqual(await short('SRV', svc('_https._tcp.web')), [`0 100 443 ${svc('web')}.`])
    assert.deepEqual(await short('SRV', svc('_http._tcp.db')), [
      `0 50 8080 ${svc('10-244-1-31.db')}.`,
      `0 50 8080 ${svc('db-0.db')}.`,
    ])
    assert.match(
      await dig('SRV', svc('_http._tcp.db')),
      /db-0\.db\S+\s+30\s+IN\s+A\s+10\.244\.0\.30/,
    )
  })

  test('addresses lead back to names', async () => {
    assert.deepEqual(await short('-x', '10.96.0.80'), [`${svc('web')}.`])
    assert.deepEqual(await short('-x', '10.244.0.30'), [`${svc('db-0.db')}.`])
  })

  test('an ExternalName is followed, inside and outside', async () => {
    assert.deepEqual(await short(svc('away')), ['192.0.2.80', 'www.example.org.'])
    assert.deepEqual(await short(svc('near')), ['10.96.0.80', `${svc('web')}.`])
    assert.deepEqual(await short('CNAME', svc('away')), ['www.example.org.'])
  })

  test('Pods have names after their addresses', async () => {
    assert.deepEqual(await short('10-244-0-9.default.pod.cluster.local'), ['10.244.0.9'])
    assert.equal(await status('10-244-0-9.nowhere.pod.cluster.local'), 'NXDOMAIN')
  })

  test('a name that is not there is told from one that has no such record', async () => {
    assert.equal(await status(svc('nosuch')), 'NXDOMAIN')
    assert.match(
      await dig(svc('nosuch')),
      /cluster\.local\.\s+30\s+IN\s+SOA\s+ns\.dns\.cluster\.local\./,
    )
    const existing = ['web', '_tcp.web']
      .map(svc)
      .concat('default.svc.cluster.local', 'cluster.local')
    for (const name of existing) {
      assert.equal(await status('AAAA', name), 'NOERROR')
      assert.deepEqual(await short('AAAA', name), [''])
    }
  })

  test('all else is asked of the host', async () => {
    assert.deepEqual(await short('www.example.org'), ['192.0.2.80'])
    assert.equal(await status('nosuch.example.org'), 'NXDOMAIN')
    assert.match(await dig('www.example.org'), /www\.example\.org\.\s+(30\d?|2\d\d)\s+IN\s+A/)
  })

  test('an answer too long for UDP comes over TCP', async () => {
    const many = Array.from({ length: 200 }, (_, index) => endpoint(`10.244.9.${index}`))
    await client.create('Service', service({ name: 'big', clusterIP: 'None', ports }))
    await client.create('EndpointSlice', { ...slice('big', []), endpoints: many })
    await until(
      () => dig('+short', svc('big')),
      (answer) => answer !== '',
    )
    assert.equal((await short(svc('big'))).length, 200)
    assert.match(await dig('+ignore', '+notcp', svc('big')), /flags:[^;]* tc /)
  })

  test('a Service that is deleted and made again is followed', async () => {
    await client.delete('Service', { namespace: 'default', name: 'web' })
    await until(
      async () => (await status(svc('web'))) ?? '',
      (answer) => answer === 'NXDOMAIN',
    )
    await client.create('Service', service({ name: 'web', clusterIP: '10.96.0.81', ports }))
    await until(
      () => dig('+short', svc('web')),
      (answer) => answer === '10.96.0.81\n',
    )
  })

  test('metrics are served on 9153', async () => {
    const text = await (await fetch(`http://${address}:9153/metrics`)).text()
    assert.match(text, /^coredns_dns_requests_total\{proto="tcp",type="A"\} \d+$/m)
  })
}
