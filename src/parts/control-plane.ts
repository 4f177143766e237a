// The control plane of a cluster: store, API server, controllers, scheduler in one process. They
// meet in the API server alone, which the two latter reach without a socket.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Kind } from '../api/kinds.ts'
import { kubernetesRelease } from '../api/kubernetes-version.ts'
import { keyOf } from '../api/meta.ts'
import { isReason } from '../api/status-error.ts'
import type { KindMap } from '../api/types.gen.ts'
import type { HealthCheck } from '../apiserver/health.ts'
import { createPeerLeases } from '../apiserver/peers/peer-leases.ts'
import { createRegistry, type Registry } from '../apiserver/registry/registry.ts'
import { type ApiServer, startApiServer } from '../apiserver/server.ts'
import type { Client } from '../client/client.ts'
import { createClient } from '../client/create-client.ts'
import { guardedTransport } from '../client/guarded-transport.ts'
import { createInformers } from '../client/informers.ts'
import type { Lead } from '../client/leader-election.ts'
import { dnsServiceAddress } from '../cluster/certificates.ts'
import { fabricAddress, fabricApiPort } from '../cluster/config.ts'
import { type PartContext, runPart } from '../cluster/run-part.ts'
import { controllerWants } from '../controllers/controllers.ts'
import { startControllers } from '../controllers/start.ts'
import { kubeDnsObjects } from '../dns/kube-dns.ts'
import { systemClock } from '../lib/clock.ts'
import { systemRandom } from '../lib/random.ts'
import { schedulerWants } from '../scheduler/feed.ts'
import { startScheduler } from '../scheduler/start.ts'
import { runCompaction } from '../store/compaction.ts'
import { runSharedCompaction } from '../store/shared-compaction.ts'
import type { Store } from '../store/store.ts'
import { type AuditSettings, auditSettings, seatSettings } from './api-server-settings.ts'
import { runElected } from './elect.ts'
import { type OpenedStore, openStore } from './open-store.ts'

// Clients' objects may have keys of this name: with the accessor gone it is a key like any other,
// also in what is not ours.
Reflect.deleteProperty(Object.prototype, '__proto__')

runPart({ name: 'control-plane' }, async (context) => {
  const { signal } = context
  // The host's port is asked for while the store is read.
  const hostServer = openHostServer(context)
  await using opened = await openStore(context)
  const { store } = opened
  const audit = auditSettings(context)
  const server = await openApiServer(context, { ...opened, audit })
  const listening = await hostServer
  await server.listen(listening)
  await ensureKubeDns(context, server)
  const controllers = runControllers(context, server)
  const compact = context.config.etcd ? runSharedCompaction : runCompaction
  const compaction = compact(store, { clock: systemClock, signal })
  context.ready({ apiServerPort: portOf(listening) })
  await ended(signal)
  await controllers.ended
  await compaction
  await server.close()
  await audit?.sink.close()
})

/** What the registry asks of the server that is built around it. */
type Authorization = Pick<ApiServer, 'authorizeCreate' | 'authorizer'>

function openRegistry(
  { config, signal }: PartContext,
  { store, isStale }: Pick<Opened, 'store' | 'isStale'>,
  server: () => Authorization,
): Registry {
  return createRegistry({
    store,
    isStale,
    clock: systemClock,
    random: systemRandom,
    signal,
    serviceSubnet: config.serviceSubnet,
    authorizeCreate: (request) => server().authorizeCreate(request),
    authorize: (user, asked) => server().authorizer.authorize(user, asked),
    rulesFor: (user, namespace) => server().authorizer.rulesFor(user, namespace),
  })
}

const kubeDnsRetryMs = 10_000

/**
 * The Service and its endpoints, without which no Pod finds the DNS server of the agent. Where the
 * address is held by something that is to go (a control plane died while it made the Service), it
 * is tried again beside all else.
 */
async function ensureKubeDns(context: PartContext, server: ApiServer): Promise<void> {
  const { config, log, signal } = context
  const user = { name: 'system:sampan:control-plane', groups: ['system:masters'] }
  const client = createClient(server.inProcess(user))
  const clusterIP = dnsServiceAddress(config)
  const objects = kubeDnsObjects({ clusterIP, address: fabricAddress })
  await ensure(client, 'Endpoints', objects.endpoints)
  await ensure(client, 'EndpointSlice', objects.endpointSlice)
  try {
    await ensure(client, 'Service', objects.service)
  } catch (error) {
    if (!isReason(error, 'Invalid')) throw error
    log.warn('no cluster DNS yet', { error })
    void systemClock.sleep(kubeDnsRetryMs, signal).then(
      () => ensureKubeDns(context, server),
      () => {},
    )
  }
}

/** Asks first: a second Service with the same cluster IP is refused for its address, not its name. */
async function ensure<K extends Kind>(client: Client, kind: K, object: KindMap[K]): Promise<void> {
  try {
    await client.get(kind, keyOf(object))
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error
    await client.create(kind, object).catch((refused: unknown) => {
      // Another control plane over the same store was faster.
      if (!isReason(refused, 'AlreadyExists')) throw refused
    })
  }
}

/** They are clients as any other; only their requests need no socket, and they share what they read. */
function runControllers({ config, folder, log, signal }: PartContext, server: ApiServer) {
  const shared = { log, signal, clock: systemClock, random: systemRandom }
  const pem = (file: string) => readFileSync(join(folder.pki, file), 'utf8')
  const rootCa = pem('ca.crt')
  const signing = { certificate: rootCa, key: pem('ca.key') }
  const { signLegacyToken } = server
  const managing = { ...shared, rootCa, signing, signLegacyToken }
  const own = clientsOf(server, always)
  if (config.etcd) {
    const manage: Lead = (lead, isSure) =>
      startControllers({ ...managing, ...clientsOf(server, isSure), signal: lead }).ended
    const schedule: Lead = (lead, isSure) => {
      const client = clientsOf(server, isSure).scheduling
      return startScheduler({ ...shared, client, signal: lead }).ended
    }
    const candidates = [
      { name: 'kube-controller-manager', client: own.client, run: manage },
      { name: 'kube-scheduler', client: own.scheduling, run: schedule },
    ]
    return {
      ended: runElected(candidates, { ...shared, identity: identityOf(folder.root, rootCa) }),
    }
  }
  const informers = createInformers(own.client, [...controllerWants, ...schedulerWants], shared)
  const controllers = startControllers({ ...managing, ...own, informers })
  const scheduler = startScheduler({ ...shared, client: own.scheduling, informers })
  return { ended: Promise.all([controllers.ended, scheduler.ended]) }
}

const always = () => true

/** The clients of the parts, straight into the server; they write while they may. */
function clientsOf(server: ApiServer, mayWrite: () => boolean) {
  const clientOf = (program: string, name: string, ...groups: string[]) => {
    const user = { name, groups: [...groups, 'system:authenticated'] }
    const transport = server.inProcess(user, `${program}/${kubernetesRelease}`)
    return createClient(guardedTransport(transport, mayWrite))
  }
  return {
    client: clientOf('kube-controller-manager', 'system:kube-controller-manager'),
    scheduling: clientOf('kube-scheduler', 'system:kube-scheduler'),
    clientOf: (account: string) =>
      clientOf(
        'kube-controller-manager',
        `system:serviceaccount:kube-system:${account}`,
        'system:serviceaccounts',
        'system:serviceaccounts:kube-system',
      ),
  }
}

interface Opened {
  readonly store: Store
  readonly isStale: OpenedStore['isStale']
  readonly audit: AuditSettings | undefined
}

/**
 * Under which this control plane leads: the same after it died and started again, so that it goes
 * on at once. There is one process of it at a time, in a folder and with an authority of its own.
 */
function identityOf(...own: readonly string[]): string {
  return `${hostname()}_${createHash('sha256').update(own.join('\n')).digest('hex').slice(0, 32)}`
}

async function openApiServer(context: PartContext, opened: Opened): Promise<ApiServer> {
  const { store, audit } = opened
  const { config, folder, log } = context
  const pem = (file: string) => readFileSync(join(folder.pki, file), 'utf8')
  const registry = openRegistry(context, opened, () => server)
  const server: ApiServer = await startApiServer({
    registry,
    ...(audit && { audit }),
    ...seatSettings(context),
    tls: {
      cert: pem('apiserver.crt'),
      key: pem('apiserver.key'),
      clientCa: pem('ca.crt'),
      frontProxy: { ca: pem('front-proxy-ca.crt'), allowedNames: ['front-proxy-client'] },
    },
    frontProxy: { cert: pem('front-proxy-client.crt'), key: pem('front-proxy-client.key') },
    serviceAccounts: {
      issuer: `https://kubernetes.default.svc.${config.domain}`,
      privateKey: pem('sa.key'),
    },
    cluster: {
      serverAddress: fabricAddress,
      serverPort: fabricApiPort,
      serviceSubnet: config.serviceSubnet,
      podSubnet: config.podSubnet,
      domain: config.domain,
      clusterName: config.name,
    },
    log,
    ...(config.etcd && {
      peers: createPeerLeases(store, systemClock),
      healthChecks: [storeCheck(store)],
    }),
    listen: [{ address: fabricAddress, port: fabricApiPort }],
    kubelet: {
      cert: pem('apiserver-kubelet-client.crt'),
      key: pem('apiserver-kubelet-client.key'),
      ca: pem('ca.crt'),
    },
  })
  return server
}

/** Under upstream's name: an API server without its etcd is none. */
function storeCheck(store: Store): HealthCheck {
  return { name: 'etcd', check: async () => void (await store.revision()) }
}

/** The port it had before, so that kubeconfigs stay true; another where that one is taken. */
async function openHostServer({ config, state, porter }: PartContext) {
  const { address, port } = config.apiServer
  if (port !== 0 || state.apiServerPort === undefined) return porter.listen(address, port)
  try {
    return await porter.listen(address, state.apiServerPort)
  } catch {
    return porter.listen(address, 0)
  }
}

function portOf(server: Awaited<ReturnType<typeof openHostServer>>): number {
  const address = server.address()
  if (typeof address === 'object' && address) return address.port
  throw new Error('the server has no port')
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
