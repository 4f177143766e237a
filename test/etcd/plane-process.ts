// One control plane of several over one etcd, as a process: API server, and controllers and
// scheduler while it leads. In: its settings as JSON. Out: a line on stdout once it answers.

import { createPeerLeases } from '../../src/apiserver/peers/peer-leases.ts'
import { createRegistry, type Registry } from '../../src/apiserver/registry/registry.ts'
import { takenOver } from '../../src/apiserver/registry/taken-over.ts'
import { type ApiServer, startApiServer } from '../../src/apiserver/server.ts'
import type { TestPki } from '../../src/apiserver/testing/test-pki.ts'
import { cluster } from '../../src/apiserver/testing/test-server.ts'
import { createClient } from '../../src/client/create-client.ts'
import { guardedTransport } from '../../src/client/guarded-transport.ts'
import { startControllers } from '../../src/controllers/start.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { lineLog } from '../../src/lib/log.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { type Candidate, runElected } from '../../src/parts/elect.ts'
import { startScheduler } from '../../src/scheduler/start.ts'
import { etcdStore } from '../../src/store/drivers/etcd/etcd-store.ts'
import type { EtcdTls } from '../../src/store/drivers/etcd/members.ts'
import { runSharedCompaction } from '../../src/store/shared-compaction.ts'

export interface PlaneSettings {
  /** Tells it from the others; the identity under which it leads. */
  readonly host: string
  readonly endpoints: readonly string[]
  readonly tls?: EtcdTls | undefined
  readonly address: string
  /** Where Pods are told to find it; loopback addresses are nobody's endpoints. */
  readonly advertised: string
  readonly port: number
  readonly pki: Pick<TestPki, 'ca' | 'caKey' | 'server'>
  readonly serviceAccountKey: string
  readonly hasControllers: boolean
}

/** A fifth of upstream's times: tests wait for what they say. */
const times = { leaseDurationMs: 3000, renewDeadlineMs: 2000, retryPeriodMs: 400 }

const settings: PlaneSettings = JSON.parse(process.argv[2] ?? '')
const stop = new AbortController()
const { signal } = stop
process.on('SIGTERM', () => stop.abort())

const clock = systemClock
const random = systemRandom
const log = lineLog((line) => process.stderr.write(line), { plane: settings.host })
const { endpoints, tls = {} } = settings
await using store = takenOver(await etcdStore({ endpoints, tls, clock, signal, log }))
const registry: Registry = createRegistry({
  ...{ store, clock, random, signal },
  authorizeCreate: (request) => server.authorizeCreate(request),
  authorize: (user, asked) => server.authorizer.authorize(user, asked),
})
const { address, advertised, port, pki, host } = settings
const server: ApiServer = await startApiServer({
  ...{ registry, log, host },
  tls: { ...pki.server, clientCa: pki.ca },
  serviceAccounts: {
    issuer: 'https://kubernetes.default.svc.cluster.local',
    privateKey: settings.serviceAccountKey,
  },
  cluster: { ...cluster, serverAddress: advertised, serverPort: port },
  listen: [{ address, port }],
  peers: createPeerLeases(store, clock),
})
type MayWrite = () => boolean
const clientOf = (mayWrite: MayWrite, name: string, ...groups: string[]) => {
  const user = { name, groups: [...groups, 'system:authenticated'] }
  return createClient(guardedTransport(server.inProcess(user), mayWrite))
}
const account = (mayWrite: MayWrite) => (name: string) =>
  clientOf(
    mayWrite,
    `system:serviceaccount:kube-system:${name}`,
    'system:serviceaccounts',
    'system:serviceaccounts:kube-system',
  )
const manager = (mayWrite: MayWrite) => clientOf(mayWrite, 'system:kube-controller-manager')
const scheduler = (mayWrite: MayWrite) => clientOf(mayWrite, 'system:kube-scheduler')
const always = () => true
const shared = { clock, random, log }
const candidates: Candidate[] = [
  {
    name: 'kube-controller-manager',
    client: manager(always),
    run: (lead, isSure) => {
      const clients = { client: manager(isSure), clientOf: account(isSure) }
      return startControllers({ ...shared, ...clients, signal: lead, rootCa: pki.ca }).ended
    },
  },
  {
    name: 'kube-scheduler',
    client: scheduler(always),
    run: (lead, isSure) =>
      startScheduler({ ...shared, client: scheduler(isSure), signal: lead }).ended,
  },
]
const electing = settings.hasControllers
  ? runElected(candidates, { ...shared, ...times, signal, identity: host })
  : new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
const compacting = runSharedCompaction(store, { clock, signal })
process.stdout.write('ready\n')
await electing
await compacting
await server.close()
