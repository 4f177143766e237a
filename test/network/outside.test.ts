import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createEventRecorder } from '../../src/client/events.ts'
import { createInformers } from '../../src/client/informers.ts'
import { createHostPorter } from '../../src/host/host-porter.ts'
import { isInFabric } from '../../src/host/in-fabric.ts'
import { openNetworkNamespace } from '../../src/host/network-namespace.ts'
import type { Porter } from '../../src/host/porter.ts'
import { porterOverIpc } from '../../src/host/porter-over-ipc.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { startEgress } from '../../src/network/egress.ts'
import { publishPorts, publishWants } from '../../src/network/publish-ports.ts'
import { askTcp, askUdp } from '../../src/network/test-pods.ts'
import { nodes, service, slice, startWorld, until } from './world.ts'

if (isInFabric(import.meta.url, nodes)) {
  const porter = porterOverIpc(process)
  const world = await startWorld()
  const { client, signal, log } = world
  const own = openNetworkNamespace()
  after(async () => {
    await world.stop()
    own.close()
    process.disconnect?.()
  })
  const source = { component: 'kube-proxy' }
  const events = createEventRecorder({ client, clock: systemClock, signal, source })
  const informers = createInformers(client, publishWants, { signal })

  /** Asks on the host, where only the porter is. */
  const onHost = async (port: number) => {
    const socket = await porter.connect('127.0.0.1', port).catch((error) => error.code as string)
    if (typeof socket === 'string') return socket
    return new Promise<string>((resolve) => {
      let answer = ''
      socket.on('data', (chunk) => (answer += chunk))
      socket.on('error', () => resolve('ECONNRESET'))
      socket.on('end', () => resolve(answer))
      socket.end()
    })
  }
  const free = async () => {
    const probe = await porter.listen('127.0.0.1', 0)
    const address = probe.address()
    assert(address !== null && typeof address === 'object')
    await new Promise((resolve) => probe.close(resolve))
    return address.port
  }

  const pod = await world.pod(2)
  await pod.serve(80)
  await pod.serve(53, 'udp')
  const [nodePort, takenPort, mappedPort, udpPort] = [
    await free(),
    await free(),
    await free(),
    await free(),
  ]
  const port = { port: 80, targetPort: 80 }
  const at = { ip: pod.ip, node: 2 }
  const type = 'NodePort' as const
  await client.create(
    'Service',
    service({ name: 'web', clusterIP: '10.96.0.50', type, ports: [{ ...port, nodePort }] }),
  )
  await client.create('EndpointSlice', slice('web', [at]))

  const blocker = await porter.listen('127.0.0.1', takenPort)
  const publisher = publishPorts({
    porter,
    informers,
    nodes,
    ports: [
      {
        ...{ listenAddress: '127.0.0.1', hostPort: mappedPort, protocol: 'TCP' },
        ...{ node: 'node-1', nodePort },
      },
    ],
    events,
    clock: systemClock,
    signal,
    log,
  })
  await publisher.ready
  await until(
    () => world.inFabric(askTcp('172.18.0.2', nodePort)),
    (answer) => answer.startsWith('pod-'),
  )

  test('a NodePort answers on the host until its Service is deleted', async () => {
    assert.equal(
      await until(
        () => onHost(nodePort),
        (answer) => answer !== 'ECONNREFUSED',
      ),
      'pod-1 172.18.0.2',
    )
    const ports = [{ ...port, nodePort: 0 }]
    await client.update('Service', service({ name: 'web', clusterIP: '10.96.0.50', ports }))
    await until(
      () => onHost(nodePort),
      (answer) => answer === 'ECONNREFUSED',
    )
    const again = [{ ...port, nodePort }]
    await client.update(
      'Service',
      service({ name: 'web', clusterIP: '10.96.0.50', type, ports: again }),
    )
    await until(
      () => onHost(nodePort),
      (answer) => answer.startsWith('pod-1'),
    )
  })

  test('a port that was asked for leads to its node, and one may be added and removed', async () => {
    assert.match(await onHost(mappedPort), /^pod-1 /)
    const added = await publisher.add({
      ...{ listenAddress: '127.0.0.1', hostPort: 0, protocol: 'TCP' as const },
      ...{ node: 'node-2', nodePort },
    })
    assert.match(await onHost(added.hostPort), /^pod-1 /)
    assert.deepEqual(
      publisher.list().map(({ hostPort }) => hostPort),
      [mappedPort, added.hostPort],
    )
    await publisher.remove('127.0.0.1', added.hostPort)
    await until(
      () => onHost(added.hostPort),
      (answer) => answer === 'ECONNREFUSED',
    )
    const taken = { ...added, hostPort: takenPort }
    await assert.rejects(publisher.add(taken), { code: 'EADDRINUSE' })
  })

  test('a node port that is taken on the host is told by an event, and opened when it is free', async (t) => {
    t.after(() => blocker.close())
    const ports = [{ ...port, nodePort: takenPort }]
    await client.create('Service', service({ name: 'late', clusterIP: '10.96.0.51', type, ports }))
    await client.create('EndpointSlice', slice('late', [at]))
    const messages = async () =>
      (await client.list('Event')).items.map(({ message }) => message ?? '').join()
    assert.equal(
      await until(messages, (text) => text !== ''),
      `127.0.0.1:${takenPort} cannot be opened on the host: another program uses the port; it is tried again`,
    )
    blocker.close()
    await until(
      () => onHost(takenPort),
      (answer) => answer.startsWith('pod-1'),
    )
  })

  test('UDP node ports answer on the host', async () => {
    const ports = [{ port: 53, protocol: 'UDP' as const, nodePort: udpPort }]
    await client.create('Service', service({ name: 'udp', clusterIP: '10.96.0.52', type, ports }))
    await client.create('EndpointSlice', slice('udp', [at], [{ port: 53, protocol: 'UDP' }]))
    await until(
      () => world.inFabric(askUdp('172.18.0.2', udpPort)),
      (answer) => answer.startsWith('pod-'),
    )
    const socket = await porter.bindUdp('127.0.0.1', 0)
    const answer = new Promise((resolve) =>
      socket.once('message', (message) => resolve(String(message))),
    )
    socket.send('x', udpPort, '127.0.0.1')
    assert.equal(await answer, 'pod-1 172.18.0.2')
    socket.close()
  })

  test('what goes outside is dialled from the host, whatever the port', async (t) => {
    const dialled: string[] = []
    const outside = createHostPorter()
    const server = await outside.listen('127.0.0.1', 0)
    t.after(() => server.close())
    server.on('connection', (socket) => socket.end(`outside ${dialled.at(-1)}`))
    const address = server.address()
    assert(address !== null && typeof address === 'object')
    const connect: Porter['connect'] = (host, wanted) => {
      dialled.push(`${host}:${wanted}`)
      return outside.connect('127.0.0.1', address.port)
    }
    const inside = ['10.244.0.0/16', '10.96.0.0/16', '172.18.0.0/16']
    await startEgress({ porter: { connect }, ...own, address: '172.18.0.1', inside, signal, log })
    assert.equal(await pod.run(...askTcp('192.0.2.7', 443)), 'outside 192.0.2.7:443')
    assert.equal(await pod.run(...askTcp('192.0.2.7', 80)), 'outside 192.0.2.7:80')
    assert.equal(await pod.run(...askTcp('198.51.100.9', 5432)), 'outside 198.51.100.9:5432')
    assert.equal(await world.inNode(1, askTcp('192.0.2.8', 8443)), 'outside 192.0.2.8:8443')
    assert.equal(await world.inFabric(askTcp('192.0.2.9', 22)), 'outside 192.0.2.9:22')
    assert.equal(await pod.run(...askUdp('192.0.2.7', 9999)), 'ECONNREFUSED')
    assert.equal(await pod.run(...askTcp('10.96.9.9', 80)), 'ECONNREFUSED')
    assert.match(await pod.run(...askTcp('10.96.0.50', 80)), /^pod-1 /)
  })
}
