// Driver: the servers that are measured, each started on 127.0.0.1 with a folder of its own:
// Sampan's over its log, and kube-apiserver over etcd where both are on this machine.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import {
  createTestPki,
  type KeyPair,
  serviceAccountKey,
} from '../../src/apiserver/testing/test-pki.ts'
import { partTable } from '../../src/cluster/part-table.ts'
import { openConnection } from './connection.ts'

/** How a client reaches a server. */
export interface Address {
  readonly port: number
  readonly ca: string
  readonly client: KeyPair
}

/** A running server. */
export interface Target extends Address {
  readonly name: string
  /** All processes of it: those whose CPU time and memory count. */
  readonly pids: readonly number[]
  /** From its start to the first answer of /readyz that is ok. */
  readonly readyMs: number
  stop(): Promise<void>
}

export interface Place {
  /** For this server alone; what is in it stays when it stops. */
  readonly folder: string
  readonly address: Omit<Address, 'port'>
}

/** Certificates for a server, written where it looks for them. */
export function preparePlace(folder: string): Place {
  const pki = createTestPki()
  const own = join(folder, 'pki')
  mkdirSync(own, { recursive: true })
  writeFileSync(join(own, 'ca.crt'), pki.ca)
  writeFileSync(join(own, 'server.crt'), pki.server.cert)
  writeFileSync(join(own, 'server.key'), pki.server.key)
  writeFileSync(join(own, 'sa.key'), serviceAccountKey())
  return { folder, address: { ca: pki.ca, client: pki.client('bench', 'system:masters') } }
}

/** `program` is the bundled server-program.ts. */
export async function startSampan(program: string, place: Place): Promise<Target> {
  const startedMs = performance.now()
  const child = spawnOurs(program, place)
  const { port } = await firstLine(child)
  const address = { ...place.address, port }
  await untilReady(address, [child])
  const readyMs = performance.now() - startedMs
  return targetOf('sampan', address, { readyMs, children: [child] })
}

/** The same over an etcd of one member, whose CPU time counts as well. */
export async function startSampanOverEtcd(
  { program, etcd }: { readonly program: string; readonly etcd: string },
  place: Place,
): Promise<Target> {
  const startedMs = performance.now()
  const { child: member, url } = await spawnEtcd(etcd, place.folder)
  const child = spawnOurs(program, place, url)
  const { port } = await firstLine(child)
  const address = { ...place.address, port }
  await untilReady(address, [child, member])
  const readyMs = performance.now() - startedMs
  return targetOf('sampan + etcd', address, { readyMs, children: [child, member] })
}

function spawnOurs(program: string, { folder }: Place, ...argv: readonly string[]): ChildProcess {
  const flags = partTable.find(({ name }) => name === 'control-plane')?.nodeFlags ?? []
  return spawn(process.execPath, [...flags, program, folder, ...argv], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, '..', 'compiled') },
  })
}

async function spawnEtcd(program: string, folder: string) {
  const [port = 0, peerPort = 0] = await freePorts(2)
  const url = `http://127.0.0.1:${port}`
  const peerUrl = `http://127.0.0.1:${peerPort}`
  const child = spawnQuietly(program, [
    ...['--data-dir', join(folder, 'etcd'), '--log-level', 'error'],
    ...['--listen-client-urls', url, '--advertise-client-urls', url],
    ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
    ...['--initial-cluster', `default=${peerUrl}`],
  ])
  return { child, url }
}

/** Programs of the other side. */
export interface PeerPrograms {
  readonly kubeApiserver: string
  readonly etcd: string
  /** More flags of kube-apiserver, as some versions need them. */
  readonly flags: readonly string[]
}

/** Why it cannot be measured here; undefined where it can. */
export function peerMissing({ kubeApiserver, etcd }: PeerPrograms): string | undefined {
  const missing = [kubeApiserver, etcd].filter(
    (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).status !== 0,
  )
  return missing.length === 0 ? undefined : `${missing.join(' and ')} not found`
}

export async function startPeer(programs: PeerPrograms, place: Place): Promise<Target> {
  const { folder, address } = place
  const [port = 0] = await freePorts(1)
  const startedMs = performance.now()
  const { child: etcd, url: etcdUrl } = await spawnEtcd(programs.etcd, folder)
  const apiServer = spawnQuietly(programs.kubeApiserver, [
    ...['--etcd-servers', etcdUrl, '--bind-address', '127.0.0.1', '--secure-port', `${port}`],
    ...['--tls-cert-file', join(folder, 'pki/server.crt')],
    ...['--tls-private-key-file', join(folder, 'pki/server.key')],
    ...['--client-ca-file', join(folder, 'pki/ca.crt'), '--authorization-mode', 'Node,RBAC'],
    ...['--service-account-issuer', 'https://kubernetes.default.svc'],
    ...['--service-account-key-file', join(folder, 'pki/sa.key')],
    ...['--service-account-signing-key-file', join(folder, 'pki/sa.key')],
    ...['--service-cluster-ip-range', '10.96.0.0/16', '--advertise-address', '192.0.2.1'],
    ...['--cert-dir', join(folder, 'made'), ...programs.flags],
  ])
  const children = [apiServer, etcd]
  await untilReady({ ...address, port }, children)
  const readyMs = performance.now() - startedMs
  return targetOf('kube-apiserver + etcd', { ...address, port }, { readyMs, children })
}

interface Running {
  readonly readyMs: number
  readonly children: readonly ChildProcess[]
}

function targetOf(name: string, address: Address, { readyMs, children }: Running): Target {
  return {
    name,
    ...address,
    pids: children.flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
    readyMs,
    async stop() {
      for (const child of children) await end(child)
    },
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

function spawnQuietly(program: string, argv: readonly string[]): ChildProcess {
  return spawn(program, argv, { stdio: 'ignore' })
}

async function firstLine(child: ChildProcess): Promise<{ readonly port: number }> {
  if (!child.stdout) throw new Error('the server has no output')
  for await (const line of createInterface(child.stdout)) return JSON.parse(line)
  throw new Error('the server ended before it was ready')
}

const readyWithinMs = 60_000

async function untilReady(address: Address, children: readonly ChildProcess[]): Promise<void> {
  const endMs = performance.now() + readyWithinMs
  while (!(await isReady(address))) {
    if (children.some(({ exitCode }) => exitCode !== null)) throw new Error('a server ended')
    if (performance.now() > endMs) throw new Error('a server is not ready')
    await delay(5)
  }
}

async function isReady(address: Address): Promise<boolean> {
  try {
    const connection = await openConnection(address)
    await connection.send({ method: 'GET', path: '/readyz' })
    connection.close()
    return true
  } catch {
    return false
  }
}

/** All held at once, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => {
    const address = server.address()
    return typeof address === 'object' && address ? address.port : 0
  })
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
  return ports
}

export function removePlace({ folder }: Place): void {
  rmSync(folder, { recursive: true, force: true })
}
