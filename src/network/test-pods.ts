// Pods without containers, for tests of networks: namespaces in which programs can be run.

import { type ChildProcess, spawn } from 'node:child_process'
import type { PodNetwork, SandboxNetwork } from '../cri/pod-network.ts'
import { check, runCommand } from '../host/command.ts'
import { systemEnvironment } from '../host/system-path.ts'

export interface TestPod {
  readonly ip: string
  readonly sandbox: SandboxNetwork
  /** Runs a program to its end and gives what it printed. */
  run(...argv: string[]): Promise<string>
  /** Starts a server that answers every connection (or datagram) with the Pod's name. */
  serve(port: number, protocol?: 'tcp' | 'udp'): Promise<ChildProcess>
  remove(): Promise<void>
}

export async function addTestPod(
  network: PodNetwork,
  name: string,
  portMappings: SandboxNetwork['portMappings'] = [],
): Promise<TestPod> {
  const netns = `pod-${name}`
  await check(runCommand, ['ip', 'netns', 'add', netns], { env: systemEnvironment() })
  const netnsPath = `/run/netns/${netns}`
  const identity = { sandboxId: `sandbox-${name}`, namespace: 'default', name, uid: name }
  const sandbox = { ...identity, netnsPath, portMappings }
  const { ips } = await network.add(sandbox)
  const enter = ['nsenter', `--net=${netnsPath}`]
  const children: ChildProcess[] = []
  return {
    ip: ips[0] ?? '',
    sandbox,
    run: (...argv) => check(runCommand, [...enter, ...argv], { env: systemEnvironment() }),
    async serve(port, protocol = 'tcp') {
      const child = startServer(enter, protocol === 'tcp' ? tcpServer : udpServer, [name, port])
      children.push(child)
      await new Promise((resolve) => child.stdout?.once('data', resolve))
      return child
    },
    async remove() {
      for (const child of children) child.kill()
      await network.remove(sandbox)
      await check(runCommand, ['ip', 'netns', 'del', netns], { env: systemEnvironment() })
    },
  }
}

/** Answers `<name of the Pod> <address of the caller>`. */
const tcpServer = `
  const [name, port] = process.argv.slice(1)
  require('net').createServer((socket) => socket.on('error', () => {})
    .end(name + ' ' + socket.remoteAddress)).listen(port, '0.0.0.0', () => console.log('up'))`
const udpServer = `
  const [name, port] = process.argv.slice(1)
  const socket = require('dgram').createSocket('udp4')
  socket.on('message', (message, peer) => socket.send(name + ' ' + peer.address, peer.port, peer.address))
  socket.bind(port, '0.0.0.0', () => console.log('up'))`

function startServer(
  enter: readonly string[],
  code: string,
  args: readonly unknown[],
): ChildProcess {
  const [program = '', ...rest] = [...enter, process.execPath, '-e', code, ...args.map(String)]
  return spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** A TCP client for `run`: prints what it is told, or the code of its error. */
export function askTcp(address: string, port: number): string[] {
  const code = `const socket = require('net').connect(${port}, '${address}')
    socket.setTimeout(2000, () => socket.destroy(Object.assign(Error(), { code: 'TIMEOUT' })))
    socket.on('error', (error) => process.stdout.write(error.code)).pipe(process.stdout)`
  return [process.execPath, '-e', code]
}

/** A UDP client for `run`, from a port of its own that stays the same where one is given. */
export function askUdp(address: string, port: number, from = 0): string[] {
  const code = `const socket = require('dgram').createSocket('udp4')
    const end = (text) => { process.stdout.write(text); socket.close(); clearTimeout(timer) }
    const timer = setTimeout(() => end('TIMEOUT'), 2000)
    socket.on('error', (error) => end(error.code)).on('message', (message) => end(String(message)))
    socket.bind(${from}, () => socket.connect(${port}, '${address}', () => socket.send('x')))`
  return [process.execPath, '-e', code]
}
