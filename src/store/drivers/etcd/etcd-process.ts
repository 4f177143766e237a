// A real etcd for tests: one member or several, on free ports of this machine, with data in a
// folder that goes when the test ends. Each member can be killed and started again.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

export interface EtcdMember {
  readonly endpoint: string
  start(): Promise<void>
  /** SIGKILL: nothing more is written. */
  kill(): Promise<void>
}

export interface EtcdCluster extends AsyncDisposable {
  readonly endpoints: readonly string[]
  readonly members: readonly EtcdMember[]
}

export interface EtcdClusterOptions {
  readonly size?: number
  /** More flags of etcd, e.g. a quota. */
  readonly flags?: readonly string[]
  /** Paths of PEM files: members are spoken to with certificates on both sides. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string }
}

/** Why a test with etcd is skipped; false where it can run. */
export const etcdMissing: string | false =
  spawnSync('etcd', ['--version']).status === 0
    ? false
    : 'no etcd on this machine (Debian: apt-get install etcd-server)'

export async function startEtcd({
  size = 1,
  flags = [],
  tls,
}: EtcdClusterOptions = {}): Promise<EtcdCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'sampan-etcd-'))
  const ports = await freePorts(size * 3)
  const peerUrl = (index: number) => `http://127.0.0.1:${ports[size + index]}`
  const initial = Array.from({ length: size }, (_, index) => `m${index}=${peerUrl(index)}`)
  const members = Array.from({ length: size }, (_, index) => {
    const endpoint = `${tls ? 'https' : 'http'}://127.0.0.1:${ports[index]}`
    const metrics = `http://127.0.0.1:${ports[2 * size + index]}`
    return createMember({ endpoint, metrics }, [
      ...['--name', `m${index}`, '--data-dir', join(folder, `m${index}`)],
      ...['--listen-client-urls', endpoint, '--advertise-client-urls', endpoint],
      ...['--listen-metrics-urls', metrics, '--listen-peer-urls', peerUrl(index)],
      ...['--initial-advertise-peer-urls', peerUrl(index)],
      ...['--initial-cluster', initial.join(','), '--initial-cluster-state', 'new'],
      ...['--logger', 'zap', '--log-level', 'error'],
      ...(tls ? secured(tls) : []),
      ...flags,
    ])
  })
  await Promise.all(members.map((member) => member.start()))
  return {
    members,
    endpoints: members.map(({ endpoint }) => endpoint),
    async [Symbol.asyncDispose]() {
      await Promise.all(members.map((member) => member.kill()))
      await rm(folder, { recursive: true })
    },
  }
}

function secured({ ca, cert, key }: { ca: string; cert: string; key: string }): string[] {
  const own = ['--cert-file', cert, '--key-file', key]
  return [...own, '--client-cert-auth', '--trusted-ca-file', ca]
}

function createMember(
  { endpoint, metrics }: { readonly endpoint: string; readonly metrics: string },
  args: readonly string[],
): EtcdMember {
  let child: ChildProcess | undefined
  return {
    endpoint,
    async start() {
      child = spawn('etcd', args, { stdio: 'ignore' })
      while (!(await isServing(metrics))) {
        if (child.exitCode !== null) throw new Error(`etcd ended with code ${child.exitCode}`)
        await delay(10)
      }
    },
    async kill() {
      const dying = child
      child = undefined
      if (!dying || dying.exitCode !== null) return
      const ended = new Promise((resolve) => dying.once('exit', resolve))
      dying.kill('SIGKILL')
      await ended
    },
  }
}

/** Not when it listens already: one that dies before it has voted never finds its way back. */
async function isServing(metrics: string): Promise<boolean> {
  try {
    return (await fetch(`${metrics}/health`)).ok
  } catch {
    return false
  }
}

/** All held at once, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, '127.0.0.1', () => resolve(server))
        }),
    ),
  )
  const ports = servers.map((server) => {
    const address = server.address()
    return typeof address === 'object' && address ? address.port : 0
  })
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))))
  return ports
}
