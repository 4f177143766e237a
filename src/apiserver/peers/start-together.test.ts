import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../lib/clock.ts'
import { seededRandom } from '../../lib/random.ts'
import { memoryStore } from '../../store/drivers/memory.ts'
import { createRegistry } from '../registry/registry.ts'
import { startTestServer } from '../testing/test-server.ts'

test('servers that start together over an empty store are both ready, and make all once', async () => {
  await using store = await memoryStore()
  const stop = new AbortController()
  const { signal } = stop
  const servers = await Promise.all(
    [1, 2, 3].map((seed) =>
      startTestServer({
        registry: createRegistry({ store, signal, clock: systemClock, random: seededRandom(seed) }),
      }),
    ),
  )
  const [server] = servers
  assert.ok(server)
  const client = server.pki.client('root', 'system:masters')
  const read = async (path: string) => (await server.ask(path, { client })).json()
  const service = await read('/api/v1/namespaces/default/services/kubernetes')
  assert.deepEqual(service['spec'], {
    clusterIP: '10.96.0.1',
    clusterIPs: ['10.96.0.1'],
    internalTrafficPolicy: 'Cluster',
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort: 6443 }],
    sessionAffinity: 'None',
    type: 'ClusterIP',
  })
  const { items } = await read('/apis/networking.k8s.io/v1/ipaddresses')
  assert.equal((items as unknown[]).length, 1)
  stop.abort()
  for (const each of servers) await each[Symbol.asyncDispose]()
})
