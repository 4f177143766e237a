import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { isInFabric } from '../../src/host/in-fabric.ts'
import { askTcp, askUdp, type TestPod } from '../../src/network/test-pods.ts'
import { nodes, service, slice, startWorld, until } from './world.ts'

if (isInFabric(import.meta.url, nodes)) {
  const world = await startWorld()
  after(() => world.stop())
  const { client } = world
  const near = await world.pod(1)
  const far = await world.pod(2)
  const caller = await world.pod(1)
  for (const pod of [near, far]) {
    await pod.serve(80)
    await pod.serve(53, 'udp')
  }
  const [nearName, farName] = ['pod-1', 'pod-2']
  const at = (pod: TestPod, node: number) => ({ ip: pod.ip, node })
  const both = [at(near, 1), at(far, 2)]
  const port = { port: 8080, targetPort: 80 }

  const answers = async (ask: () => Promise<string>, times = 12) => {
    const found = new Set<string>()
    for (let time = 0; time < times; time++) found.add(await ask())
    return [...found].toSorted()
  }
  const create = async (parts: Parameters<typeof service>[0], slices = both) => {
    await client.create('Service', service(parts))
    await client.create('EndpointSlice', slice(parts.name, slices))
  }
  const whenUp = (ask: () => Promise<string>) => until(ask, (answer) => answer.startsWith('pod-'))

  test('a ClusterIP is balanced over both Pods, which see the caller', async () => {
    await create({ name: 'web', clusterIP: '10.96.0.20', ports: [port] })
    const ask = () => caller.run(...askTcp('10.96.0.20', 8080))
    await whenUp(ask)
    assert.deepEqual(await answers(ask), [`${nearName} ${caller.ip}`, `${farName} ${caller.ip}`])
  })

  test('a ClusterIP answers nodes and the control plane', async () => {
    assert.match(await world.inNode(2, askTcp('10.96.0.20', 8080)), /^pod-/)
    assert.match(await world.inFabric(askTcp('10.96.0.20', 8080)), /^pod-/)
  })

  test('another port of a ClusterIP is refused at once', async () => {
    assert.equal(await caller.run(...askTcp('10.96.0.20', 8081)), 'ECONNREFUSED')
    assert.equal(await world.inFabric(askTcp('10.96.0.20', 8081)), 'ECONNREFUSED')
  })

  test('a Pod reaches itself through its Service', async () => {
    await create({ name: 'self', clusterIP: '10.96.0.21', ports: [port] }, [at(near, 1)])
    const ask = () => near.run(...askTcp('10.96.0.21', 8080))
    assert.equal(await whenUp(ask), `${nearName} 172.18.0.2`)
  })

  test('a Service without endpoints refuses, and answers when it has some', async () => {
    await create({ name: 'empty', clusterIP: '10.96.0.22', ports: [port] }, [])
    const ask = () => caller.run(...askTcp('10.96.0.22', 8080))
    await until(ask, (answer) => answer === 'ECONNREFUSED')
    await client.update('EndpointSlice', slice('empty', [at(far, 2)]))
    assert.equal(await whenUp(ask), `${farName} ${caller.ip}`)
    await client.update('EndpointSlice', slice('empty', []))
    await until(ask, (answer) => answer === 'ECONNREFUSED')
  })

  test('a NodePort answers on every node, on loopback too, until its Service is deleted', async () => {
    const type = 'NodePort' as const
    const ports = [{ ...port, nodePort: 30800 }]
    await create({ name: 'out', clusterIP: '10.96.0.23', type, ports }, [at(far, 2)])
    const asks = [
      () => world.inFabric(askTcp('172.18.0.2', 30800)),
      () => world.inFabric(askTcp('172.18.0.3', 30800)),
      () => world.inNode(1, askTcp('127.0.0.1', 30800)),
      () => caller.run(...askTcp('172.18.0.2', 30800)),
    ]
    for (const ask of asks) await whenUp(ask)
    assert.equal(await world.inFabric(askTcp('172.18.0.2', 30800)), `${farName} 172.18.0.2`)
    await client.delete('Service', { namespace: 'default', name: 'out' })
    for (const ask of asks) await until(ask, (answer) => answer === 'ECONNREFUSED')
  })

  test('externalTrafficPolicy Local keeps the caller, and other nodes do not answer', async () => {
    const externalTrafficPolicy = 'Local' as const
    const ports = [{ ...port, nodePort: 30801 }]
    const rest = { type: 'NodePort', ports, externalTrafficPolicy } as const
    await create({ name: 'local', clusterIP: '10.96.0.24', ...rest }, [at(far, 2)])
    const ask = () => world.inFabric(askTcp('172.18.0.3', 30801))
    assert.equal(await whenUp(ask), `${farName} 172.18.0.1`)
    assert.equal(await world.inFabric(askTcp('172.18.0.2', 30801)), 'TIMEOUT')
    assert.match(await caller.run(...askTcp('172.18.0.2', 30801)), new RegExp(`^${farName} `))
    assert.match(await world.inNode(1, askTcp('127.0.0.1', 30801)), new RegExp(`^${farName} `))
  })

  test('internalTrafficPolicy Local stays on the node', async () => {
    const internalTrafficPolicy = 'Local' as const
    await create({ name: 'stay', clusterIP: '10.96.0.25', ports: [port], internalTrafficPolicy })
    const ask = () => caller.run(...askTcp('10.96.0.25', 8080))
    await whenUp(ask)
    assert.deepEqual(await answers(ask), [`${nearName} ${caller.ip}`])
  })

  test('externalIPs answer', async () => {
    const externalIPs = ['198.51.100.7']
    await create({ name: 'ext', clusterIP: '10.96.0.26', ports: [port], externalIPs })
    await whenUp(() => caller.run(...askTcp('198.51.100.7', 8080)))
  })

  test('with ClientIP affinity a caller stays with its Pod until that is gone', async () => {
    const sessionAffinity = 'ClientIP' as const
    const name = 'sticky'
    await create({ name, clusterIP: '10.96.0.27', ports: [port], sessionAffinity })
    const ask = () => caller.run(...askTcp('10.96.0.27', 8080))
    const first = (await whenUp(ask)).split(' ')[0]
    const hasMoved = await answers(ask)
    assert.deepEqual(hasMoved, [`${first} ${caller.ip}`])
    const [gone, other] = first === nearName ? [near, far] : [far, near]
    const left = both.filter(({ ip }) => ip !== gone.ip)
    await client.update('EndpointSlice', slice(name, left))
    const otherName = first === nearName ? farName : nearName
    await until(ask, (answer) => answer === `${otherName} ${caller.ip}`)
    await client.update('EndpointSlice', slice(name, both))
    await until(
      () => world.inNode(1, ['nft', 'list', 'map', 'ip', 'sampan_proxy', 's_slots']),
      (text) => text.split('10.96.0.27').length === 3,
    )
    assert.deepEqual(await answers(ask), [`${otherName} ${caller.ip}`])
    assert.notEqual(other.ip, gone.ip)
  })

  test('affinity ends with its time-out', async () => {
    const sessionAffinityConfig = { clientIP: { timeoutSeconds: 1 } }
    const rest = { ports: [port], sessionAffinity: 'ClientIP', sessionAffinityConfig } as const
    await create({ name: 'brief', clusterIP: '10.96.0.28', ...rest })
    const ask = () => caller.run(...askTcp('10.96.0.28', 8080))
    const first = await whenUp(ask)
    const pauseAndAsk = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1100))
      return ask()
    }
    for (let tries = 0; (await pauseAndAsk()) === first; tries++) assert(tries < 20)
  })

  test('a UDP caller with a fixed port follows the Service to another Pod', async () => {
    const ports = [{ port: 53, protocol: 'UDP' as const }]
    const endpointPorts = [{ port: 53, protocol: 'UDP' as const }]
    await client.create('Service', service({ name: 'udp', clusterIP: '10.96.0.29', ports }))
    await client.create('EndpointSlice', slice('udp', [at(near, 1)], endpointPorts))
    const ask = () => caller.run(...askUdp('10.96.0.29', 53, 5555))
    assert.equal(await whenUp(ask), `${nearName} ${caller.ip}`)
    await client.update('EndpointSlice', slice('udp', [at(far, 2)], endpointPorts))
    await until(ask, (answer) => answer === `${farName} ${caller.ip}`)
  })

  test('the first of two Services with one address keeps it, and the other follows', async () => {
    const externalIPs = ['198.51.100.8']
    const rest = { ports: [port], externalIPs }
    await create({ name: 'one', clusterIP: '10.96.0.30', ...rest }, [at(near, 1)])
    const ask = () => caller.run(...askTcp('198.51.100.8', 8080))
    await whenUp(ask)
    await create({ name: 'two', clusterIP: '10.96.0.31', ...rest }, [at(far, 2)])
    await whenUp(() => caller.run(...askTcp('10.96.0.31', 8080)))
    assert.deepEqual(await answers(ask), [`${nearName} 172.18.0.2`])
    await client.delete('Service', { namespace: 'default', name: 'one' })
    await until(ask, (answer) => answer.startsWith(farName))
  })

  test('rules that were destroyed are made again with the next change', async () => {
    await world.inNode(1, ['nft', 'delete', 'table', 'ip', 'sampan_proxy'])
    await create({ name: 'next', clusterIP: '10.96.0.32', ports: [port] })
    await whenUp(() => caller.run(...askTcp('10.96.0.32', 8080)))
    await whenUp(() => caller.run(...askTcp('10.96.0.20', 8080)))
  })
}
