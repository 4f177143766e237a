import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { after, test } from 'node:test'
import { check, runCommand } from '../host/command.ts'
import { isInFabric, testNodes } from '../host/in-fabric.ts'
import { openNetworkNamespace } from '../host/network-namespace.ts'
import { systemEnvironment } from '../host/system-path.ts'
import { startPodNetwork } from './pod-network.ts'
import { addTestPod, askTcp, askUdp } from './test-pods.ts'

const nodes = testNodes(2)

if (isInFabric(import.meta.url, nodes)) {
  const folder = mkdtempSync('/run/leases-')
  const namespaces = nodes.map(({ name }) => openNetworkNamespace(name))
  const networks = await Promise.all(
    nodes.map((node, index) =>
      startPodNetwork({
        node,
        namespace: namespaces[index] ?? openNetworkNamespace(),
        folder: `${folder}/${node.name}`,
      }),
    ),
  )
  const [first = fail(), second = fail()] = networks
  const inNode = (name: string, ...argv: string[]) =>
    check(runCommand, ['nsenter', `--net=/run/netns/${name}`, ...argv], {
      env: systemEnvironment(),
    })
  after(() => {
    for (const namespace of namespaces) namespace.close()
  })

  test('a Pod sees the address of the Pod that calls, on its node and on another', async () => {
    const server = await addTestPod(first, 'server')
    const near = await addTestPod(first, 'near')
    const far = await addTestPod(second, 'far')
    assert.deepEqual([server.ip, near.ip, far.ip], ['10.244.0.2', '10.244.0.3', '10.244.1.2'])
    await server.serve(80)
    assert.equal(await near.run(...askTcp(server.ip, 80)), 'server 10.244.0.3')
    assert.equal(await far.run(...askTcp(server.ip, 80)), 'server 10.244.1.2')
    assert.equal(await inNode('node-1', ...askTcp(server.ip, 80)), 'server 172.18.0.2')
    assert.equal(await inNode('node-2', ...askTcp(server.ip, 80)), 'server 172.18.0.3')
    assert.equal(await check(runCommand, askTcp(server.ip, 80)), 'server 172.18.0.1')
    await Promise.all([server, near, far].map((pod) => pod.remove()))
  })

  test('adding a sandbox again gives the same address', async () => {
    const pod = await addTestPod(first, 'again')
    assert.deepEqual(await first.add(pod.sandbox), { ips: [pod.ip] })
    await pod.remove()
  })

  test('an agent that starts again knows the addresses in use', async () => {
    const pod = await addTestPod(first, 'kept')
    const [node = fail()] = nodes
    const [namespace = fail()] = namespaces
    const restarted = await startPodNetwork({ node, namespace, folder: `${folder}/${node.name}` })
    assert.deepEqual(await restarted.add(pod.sandbox), { ips: [pod.ip] })
    const next = await addTestPod(restarted, 'next')
    assert.notEqual(next.ip, pod.ip)
    await Promise.all([pod.remove(), next.remove()])
  })

  test('removing leaves nothing, and may be repeated', async () => {
    const before = await inNode('node-1', 'ip', 'route')
    const pod = await addTestPod(first, 'brief')
    await pod.remove()
    await first.remove(pod.sandbox)
    assert.equal(await inNode('node-1', 'ip', 'route'), before)
    assert.doesNotMatch(await inNode('node-1', 'ip', '-br', 'link'), /veth/)
  })

  test('an address of the node range that no Pod has is unreachable at once', async () => {
    const pod = await addTestPod(first, 'caller')
    assert.equal(await pod.run(...askTcp('10.244.0.99', 80)), 'EHOSTUNREACH')
    await pod.remove()
  })

  test('a hostPort answers on the node until the Pod is removed', async () => {
    const mapping = { protocol: 'TCP', containerPort: 80, hostPort: 8080, hostIp: '' } as const
    const pod = await addTestPod(first, 'published', [
      mapping,
      { ...mapping, protocol: 'UDP', hostIp: '172.18.0.2' },
    ])
    await pod.serve(80)
    await pod.serve(80, 'udp')
    const caller = await addTestPod(second, 'visitor')
    assert.equal(await caller.run(...askTcp('172.18.0.2', 8080)), `published ${caller.ip}`)
    assert.equal(await caller.run(...askUdp('172.18.0.2', 8080)), `published ${caller.ip}`)
    assert.equal(await inNode('node-1', ...askTcp('127.0.0.1', 8080)), 'published 172.18.0.2')
    assert.equal(await pod.run(...askTcp('172.18.0.2', 8080)), 'published 172.18.0.2')
    await pod.remove()
    assert.equal(await caller.run(...askTcp('172.18.0.2', 8080)), 'ECONNREFUSED')
    await caller.remove()
  })
}

function fail(): never {
  throw new Error('no such node')
}
