// The API server: the chain around the registry, over TLS and in process.
// In: a registry, keys, where to listen. Out: a server that is bootstrapped and answers.

import { createPrivateKey, createPublicKey } from 'node:crypto'
import { kinds } from '../api/kinds.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { type Random, systemRandom } from '../lib/random.ts'
import type { KindTypes } from './admission/policies/type-check.ts'
import { keepTypesChecked } from './admission/policies/type-check-status.ts'
import { type Aggregation, createAggregation } from './aggregation/aggregation.ts'
import type { Allocation } from './allocate/allocation.ts'
import { type AuditOptions, createAudit } from './audit/audit.ts'
import { bootstrapTokens } from './auth/bootstrap-tokens.ts'
import { serveIssuerDiscovery } from './auth/issuer-discovery.ts'
import { signingKey, verifyingKey } from './auth/jwt.ts'
import { type LegacyTokenOf, legacyClaims } from './auth/service-account-claims.ts'
import {
  createServiceAccountTokens,
  type ServiceAccountTokens,
} from './auth/service-account-tokens.ts'
import {
  firstThatKnows,
  remembering,
  staticTokens,
  type TokenAuthenticator,
} from './auth/tokens.ts'
import { firstThatAllows } from './authorizers.ts'
import { bootstrapCluster } from './bootstrap/bootstrap.ts'
import type { ClusterFacts } from './bootstrap/cluster-objects.ts'
import { apiServerChain } from './chain.ts'
import type { ChainHandler, RequestHandler } from './chain-request.ts'
import {
  type CustomResources,
  type ResourceSet,
  serveCustomResources,
} from './crd/custom-resources.ts'
import { createDiscovery, type LiveKinds } from './discovery/discovery.ts'
import { assertMayCreate } from './filters/authorize.ts'
import type { FlowFilterOptions } from './filters/flow.ts'
import { FlowControl } from './flowcontrol/flow-control.ts'
import { flowMetrics } from './flowcontrol/flow-metrics.ts'
import { followFlowObjects } from './flowcontrol/flow-objects.ts'
import type { ObjectCounts } from './flowcontrol/work-estimate.ts'
import { type Front, type Listen, openFront, type TlsFiles } from './front/tls-front.ts'
import { type HealthCheck, healthPaths, ping, serveHealth, shutdown } from './health.ts'
import { healthChecksOf } from './health-checks.ts'
import { type InProcessTransport, inProcess } from './in-process.ts'
import type { Collector } from './metrics/exposition.ts'
import { createStoredCounts } from './metrics/object-counts.ts'
import { processMetrics } from './metrics/process-metrics.ts'
import { createRequestMetrics } from './metrics/request-metrics.ts'
import { auditMetrics, buildInfo, serveMetrics } from './metrics/serve-metrics.ts'
import { servedKinds } from './metrics/served-kinds.ts'
import { followGraph } from './node/follow-graph.ts'
import { createNodeAuthorizer } from './node/node-authorizer.ts'
import { createNodeGraph } from './node/node-graph.ts'
import type { CustomSchemas } from './openapi/custom-schemas.ts'
import { createOpenApi } from './openapi/openapi.ts'
import type { PeerLeases } from './peers/peer-leases.ts'
import { kubernetesProtobuf } from './protobuf.ts'
import { type Authorizer, createAuthorizer } from './rbac/authorizer.ts'
import { followPolicy } from './rbac/follow-policy.ts'
import { createPolicyIndex } from './rbac/policy-index.ts'
import { createReader, type Reader } from './reader.ts'
import type { Admit } from './registry/admit.ts'
import type { Registry } from './registry/registry.ts'
import type { ServerRequest, UserInfo } from './request.ts'
import { createReviewPoster } from './review-client.ts'
import { serveComponentStatuses } from './reviews/component-statuses.ts'
import { objectReader } from './reviews/read-object.ts'
import { subjectAccessRoutes } from './reviews/subject-access.ts'
import { serveTokenRequest } from './reviews/token-request.ts'
import { whoRoutes } from './reviews/who.ts'
import { routeRequests } from './routes.ts'
import { createDialer, type Dialer, type TlsIdentity } from './streaming/backend.ts'
import { admitConnections } from './streaming/connect-options.ts'
import { podStreamRoutes } from './streaming/pod-streams.ts'
import { proxyRoutes } from './streaming/proxy.ts'
import { runUpkeep } from './upkeep.ts'
import { serveVersion } from './version.ts'

export interface ServiceAccountKeys {
  /** https://kubernetes.default.svc.cluster.local unless the cluster has another domain. */
  readonly issuer: string
  /** PEM of the key that signs. */
  readonly privateKey: string
  /** PEM of further keys whose tokens are good. */
  readonly publicKeys?: readonly string[]
}

export type ServedRegistry = { readonly handle: RequestHandler } & Partial<
  ResourceSet & {
    readonly tendAllocations: Allocation['tend']
    readonly admit: Admit
    readonly kindTypes: KindTypes
    readonly resourceOf: Registry['resourceOf']
  }
>

export interface ApiServerOptions {
  /** One that can be added to serves custom resources. */
  readonly registry: ServedRegistry
  readonly tls: TlsFiles
  readonly serviceAccounts: ServiceAccountKeys
  readonly cluster: Omit<ClusterFacts, 'clientCa'>
  readonly log: Log
  readonly listen?: readonly Listen[]
  readonly clock?: Clock
  readonly random?: Random
  /** The kinds served now; all built-in ones unless custom kinds are added. */
  readonly liveKinds?: LiveKinds
  /** A static token file's text. */
  readonly tokenFile?: string
  /** Absent: nothing is audited. */
  readonly audit?: Omit<AuditOptions, 'clock'>
  /** Seats that priority levels share; 600 unless set, upstream's limits of requests in flight. */
  readonly seats?: number
  readonly healthChecks?: readonly HealthCheck[]
  /** The client certificate shown to kubelets; without a CA theirs is not verified. */
  readonly kubelet?: TlsIdentity
  /** The client certificate by which servers behind APIServices believe who asks. */
  readonly frontProxy?: TlsIdentity
  /** How Pods, Services, nodes and other servers are reached; absent: as this machine's network does. */
  readonly dialer?: Dialer
  /** Other API servers that share the store; absent: there are none. */
  readonly peers?: PeerLeases
  /** What tells this server from its peers; absent: the name of this machine. */
  readonly host?: string
}

export interface ApiServer {
  /** The whole chain, for requests made elsewhere. */
  readonly handler: ChainHandler
  readonly authorizer: Authorizer
  /** Throws Forbidden unless the user may create what the request names; for the registry. */
  authorizeCreate(request: ServerRequest): Promise<void>
  /** A token without end for a Secret that keeps it, which is good as long as the Secret has it. */
  signLegacyToken(of: LegacyTokenOf): string
  readonly addresses: Front['addresses']
  /** A client's transport straight into the chain; the user is taken as authenticated. */
  inProcess(user: UserInfo, userAgent?: string): InProcessTransport
  /** One more listening server, e.g. a socket that was handed over. */
  listen(on: Listen): Promise<void>
  close(): Promise<void>
}

/** Resolves when the cluster is bootstrapped, roles are known, and every address answers. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const stopping = new AbortController()
  const parts = assemble(options, stopping.signal)
  const { clientCa, frontProxy } = options.tls
  const facts = { ...options.cluster, clientCa, ...(frontProxy && { frontProxy }) }
  await bootstrapCluster(parts.reader, facts, parts.clock.now())
  const { kindTypes: types } = options.registry
  const followed = await Promise.all([
    followPolicy(parts.reader, parts.policy, stopping.signal),
    followGraph(parts.reader, parts.graph, stopping.signal),
    openCustomResources(options, parts, stopping.signal),
    parts.aggregation.start(),
    followFlowObjects({ ...parts, control: parts.flow.control, signal: stopping.signal }),
    types && keepTypesChecked({ ...parts, types, signal: stopping.signal }),
  ])
  parts.progress.isStarted = true
  const { filter, inProcessFilter } = parts.requests
  const handler = apiServerChain({ ...parts, counting: filter })
  // Parts of the same process keep themselves in bounds by their queues.
  const inner = apiServerChain({ ...parts, counting: inProcessFilter, flow: undefined })
  const front = openFront(handler, options.tls)
  await Promise.all((options.listen ?? []).map(front.listen))
  const { registry, random = systemRandom, peers, host } = options
  const { tendAllocations } = registry
  const upkeep = runUpkeep({
    ...{ ...parts, facts, random, peers, host, tendAllocations, signal: stopping.signal },
  })
  return {
    handler,
    authorizer: parts.authorizer,
    authorizeCreate: async (request) => assertMayCreate(parts.authorizer, request),
    signLegacyToken: (of) => parts.accounts.sign(legacyClaims(of)),
    get addresses() {
      return front.addresses
    },
    inProcess: (user, userAgent) => inProcess(inner, user, userAgent),
    listen: front.listen,
    async close() {
      stopping.abort()
      const loops = followed.map((part) => part?.ended)
      await Promise.all([front.close(), ...loops, upkeep])
      parts.dialer.close()
    },
  }
}

function assemble(options: ApiServerOptions, stopping: AbortSignal) {
  const { clock = systemClock, log } = options
  const reader = createReader(options.registry.handle)
  const policy = createPolicyIndex()
  const graph = createNodeGraph()
  const authorizer = firstThatAllows([createNodeAuthorizer(graph), createAuthorizer(policy)])
  const accounts = serviceAccountTokens(options.serviceAccounts, reader, clock)
  const tokens = allTokens(options, reader, { accounts, clock })
  const dialer = options.dialer ?? createDialer()
  const identity = options.frontProxy
  const aggregation = createAggregation({
    ...{ reader, dialer, identity, clock, log, signal: stopping },
  })
  const audit = options.audit && createAudit({ ...options.audit, clock })
  const custom = new CustomKinds()
  const liveKinds = options.liveKinds ?? custom.liveKinds
  const counts = createStoredCounts({ reader, liveKinds, clock })
  const flow = flowControl(options, clock, counts.of)
  const requests = createRequestMetrics({
    nowMs: () => performance.now(),
    kinds: servedKinds(liveKinds, options.registry.resourceOf),
  })
  const progress = { isStarted: false }
  const collectors = [
    requests.families,
    () => flowMetrics(flow.control),
    ...(audit ? [() => auditMetrics(audit)] : []),
    aggregation.families,
    counts.families,
    buildInfo,
    processMetrics,
  ]
  const served = {
    options,
    reader,
    authorizer,
    accounts,
    tokens,
    clock,
    collectors,
    liveKinds,
    progress,
    dialer,
    stopping,
    custom,
    aggregation,
  }
  const routes = routesOf(served)
  return {
    ...{
      clock,
      log,
      flow,
      audit,
      reader,
      policy,
      graph,
      authorizer,
      accounts,
      tokens,
      requests,
      progress,
      dialer,
      custom,
      aggregation,
    },
    audiences: accounts.audiences,
    routes: aggregation.routes(audit?.bodies(routes) ?? routes),
  }
}

const defaultSeats = 600
/** A quarter of the time that a request may take, as upstream. */
const longestWaitMs = 15_000

function flowControl(
  { seats = defaultSeats }: ApiServerOptions,
  clock: Clock,
  counts: ObjectCounts,
): FlowFilterOptions {
  const control = new FlowControl({ seats, longestWaitMs, clock })
  return { control, counts, nowMs: () => performance.now() }
}

function serviceAccountTokens(keys: ServiceAccountKeys, reader: Reader, clock: Clock) {
  return createServiceAccountTokens({
    issuer: keys.issuer,
    audiences: [keys.issuer],
    signingKey: signingKey(createPrivateKey(keys.privateKey)),
    otherKeys: (keys.publicKeys ?? []).map((pem) => verifyingKey(createPublicKey(pem))),
    reader,
    now: clock.now,
  })
}

function allTokens(
  { tokenFile }: ApiServerOptions,
  reader: Reader,
  { accounts, clock }: { readonly accounts: ServiceAccountTokens; readonly clock: Clock },
): TokenAuthenticator {
  const stored = firstThatKnows([accounts, bootstrapTokens(reader, clock.now)])
  return firstThatKnows([
    ...(tokenFile ? [staticTokens(tokenFile)] : []),
    remembering(stored, () => clock.now().getTime()),
  ])
}

/** Of a conversion webhook: a review of many objects. */
const mostAnswerBytes = 32 << 20

/** What custom resources add to the kinds, once they are served. */
class CustomKinds {
  source: Pick<CustomResources, 'liveKinds' | 'schemas'> | undefined
  readonly liveKinds: LiveKinds = () => this.source?.liveKinds() ?? kinds
  readonly schemas: CustomSchemas = (def) => this.source?.schemas(def)
}

async function openCustomResources(
  { registry, random = systemRandom }: ApiServerOptions,
  { reader, clock, log, custom }: Parts,
  signal: AbortSignal,
): Promise<CustomResources | undefined> {
  const { add, remove } = registry
  if (!add || !remove) return undefined
  const resources = { add, remove }
  const post = createReviewPoster({ userAgent: 'kube-apiserver', mostAnswerBytes })
  const served = await serveCustomResources({
    ...{ reader, resources, post, random, clock, log, signal },
  })
  custom.source = served
  return served
}

type Parts = ReturnType<typeof assemble>

interface Served {
  readonly options: ApiServerOptions
  readonly reader: Reader
  readonly authorizer: Authorizer
  readonly accounts: ServiceAccountTokens
  readonly tokens: TokenAuthenticator
  readonly clock: Clock
  readonly collectors: readonly Collector[]
  readonly liveKinds: LiveKinds
  readonly progress: { readonly isStarted: boolean }
  readonly dialer: Dialer
  readonly stopping: AbortSignal
  readonly custom: CustomKinds
  readonly aggregation: Aggregation
}

function routesOf(served: Served): RequestHandler {
  const { options, reader, authorizer, accounts, tokens, clock } = served
  const { serverAddress, serverPort } = options.cluster
  const address = `${serverAddress}:${serverPort}`
  const admit: Admit = options.registry.admit ?? (async () => {})
  const read = objectReader(kubernetesProtobuf.read, admit)
  const random = options.random ?? systemRandom
  const { liveKinds } = served
  const { services, missing } = served.aggregation
  const discovery = createDiscovery(liveKinds, address, () => services.aggregated)
  const openApi = createOpenApi(liveKinds, served.custom.schemas, () => services.specs)
  const isStarted = () => served.progress.isStarted
  const own = healthChecksOf({ reader, isStarted, missingServices: missing })
  const checks = [ping, ...own, ...(options.healthChecks ?? []), shutdown(served.stopping)]
  const health = serveHealth(checks)
  const issuer = serveIssuerDiscovery(accounts, `https://${address}`)
  const uuid = () => random.uuid()
  const streams = { reader, dialer: served.dialer, identity: options.kubelet, random }
  return routeRequests({
    paths: {
      api: discovery.serve,
      apis: discovery.serve,
      openapi: openApi.serve,
      version: serveVersion,
      healthz: health,
      livez: health,
      readyz: health,
      metrics: serveMetrics(served.collectors),
      openid: issuer,
      '.well-known': issuer,
    },
    resources: {
      ...subjectAccessRoutes(authorizer, read),
      ...whoRoutes({ tokens, audiences: accounts.audiences, read, now: clock.now }),
      '/serviceaccounts/token': serveTokenRequest({
        ...{ tokens: accounts, reader, read, now: clock.now, uuid },
      }),
      '/componentstatuses': serveComponentStatuses(clock),
      ...admitConnections(
        { ...podStreamRoutes(streams), ...proxyRoutes(streams) },
        { admit, assertMayCreate: (request) => assertMayCreate(authorizer, request) },
      ),
    },
    registry: options.registry.handle,
    index: () => [...ownPaths, ...healthPaths(checks), ...discovery.paths(), ...openApi.paths()],
  })
}

const ownPaths = ['/.well-known/openid-configuration', '/metrics', '/openid/v1/jwks', '/version']
