// How fast Pods are reached: throughput Pod to Pod and through a ClusterIP, requests a second
// from the host through a NodePort beside those straight to the Pod.
// Run: node bench/network.ts (needs iperf3 and wrk; as root or not).

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createEventRecorder } from '../src/client/events.ts'
import { createInformers } from '../src/client/informers.ts'
import { check, runCommand } from '../src/host/command.ts'
import { enterFabric, startFabric, stopFabric } from '../src/host/fabric.ts'
import { porterOverIpc } from '../src/host/porter-over-ipc.ts'
import { servePorter } from '../src/host/serve-porter.ts'
import { systemClock } from '../src/lib/clock.ts'
import { publishPorts, publishWants } from '../src/network/publish-ports.ts'
import { nodes, service, slice, startWorld } from '../test/network/world.ts'

const insideVariable = 'SAMPAN_BENCH_IN_FABRIC'
const seconds = 3
const nodePort = 30999
const httpServer = `require('http').createServer((request, response) => response.end('hello')).listen(80)`

if (process.env[insideVariable]) await measure()
else await runInFabric()

async function runInFabric(): Promise<void> {
  const isRoot = process.getuid?.() === 0
  const fabric = await startFabric({ nodes, isRoot })
  const enter = enterFabric(fabric.holderPid, { isRoot })
  const [program = '', ...args] = [...enter, process.execPath, fileURLToPath(import.meta.url)]
  const child = spawn(program, args, {
    env: { ...process.env, [insideVariable]: '1' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  servePorter(child)
  // What the inside wants to be run on the host.
  child.on('message', async (message: { argv?: string[] }) => {
    if (message.argv) child.send({ output: await check(runCommand, message.argv) })
  })
  await once(child, 'close')
  await stopFabric(fabric)
}

async function onHost(argv: readonly string[]): Promise<string> {
  process.send?.({ argv })
  for (;;) {
    const [message] = await once(process, 'message')
    if (typeof message.output === 'string') return message.output
  }
}

async function measure(): Promise<void> {
  const world = await startWorld()
  const { client, signal, log } = world
  const server = await world.pod(2)
  const near = await world.pod(2)
  const far = await world.pod(1)
  const ports = [
    { name: 'iperf', port: 5201, protocol: 'TCP' as const },
    { name: 'http', port: 80, protocol: 'TCP' as const, nodePort },
  ]
  const clusterIP = '10.96.0.77'
  await client.create('Service', service({ name: 'bench', type: 'NodePort', clusterIP, ports }))
  await client.create('EndpointSlice', slice('bench', [{ ip: server.ip, node: 2 }], ports))
  const netns = `--net=${server.sandbox.netnsPath}`
  const servers = [
    spawn('nsenter', [netns, 'iperf3', '-s'], { stdio: 'ignore' }),
    spawn('nsenter', [netns, process.execPath, '-e', httpServer], { stdio: 'ignore' }),
  ]
  const events = createEventRecorder({
    ...{ client, clock: systemClock, signal },
    source: { component: 'kube-proxy' },
  })
  const informers = createInformers(client, publishWants, { signal })
  const porter = porterOverIpc(process)
  const publisher = publishPorts({
    ...{ porter, informers, nodes, ports: [], events, clock: systemClock, signal, log },
  })
  await publisher.ready
  await new Promise((resolve) => setTimeout(resolve, 1000))

  const iperf = async (name: string, pod: typeof near, address: string) => {
    const text = await pod.run('iperf3', '-c', address, '-t', String(seconds), '-J')
    report(name, `${(JSON.parse(text).end.sum_received.bits_per_second / 1e9).toFixed(1)} Gbit/s`)
  }
  await iperf('Pod to Pod, same node', near, server.ip)
  await iperf('Pod to ClusterIP, same node', near, clusterIP)
  await iperf('Pod to Pod, other node', far, server.ip)
  await iperf('Pod to ClusterIP, other node', far, clusterIP)

  const wrk = (url: string) => ['wrk', '-t1', '-c32', `-d${seconds}s`, '--latency', url]
  const told = (name: string, text: string) =>
    report(
      name,
      `${/Requests\/sec:\s+(\S+)/.exec(text)?.[1]} requests/s, p99 ${/99%\s+(\S+)/.exec(text)?.[1]}`,
    )
  told('fabric to Pod', await world.inFabric(wrk(`http://${server.ip}/`)))
  told('fabric to NodePort', await world.inFabric(wrk(`http://172.18.0.2:${nodePort}/`)))
  told('host to NodePort', await onHost(wrk(`http://127.0.0.1:${nodePort}/`)))

  for (const one of servers) one.kill()
  await world.stop()
  process.disconnect?.()
}

function report(name: string, value: string): void {
  process.stdout.write(`${name.padEnd(32)} ${value}\n`)
}
