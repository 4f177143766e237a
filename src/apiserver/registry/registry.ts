// The registry: every resource request of every kind, built-in or custom. In: a request whose
// user and info are settled. Out: an answer, or a StatusError for the chain to word.

import { kindEntry, kinds } from '../../api/kinds.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Random } from '../../lib/random.ts'
import type { Store } from '../../store/store.ts'
import {
  type AdmissionPlugin,
  type AdmissionSupport,
  createAdmission,
} from '../admission/admission.ts'
import { createAdmissionPlugins } from '../admission/plugins.ts'
import type { KindTypes } from '../admission/policies/type-check.ts'
import { type Allocation, createAllocation } from '../allocate/allocation.ts'
import type { PortRange } from '../allocate/port-record.ts'
import { kubernetesProtobuf } from '../protobuf.ts'
import { createReader } from '../reader.ts'
import type { RequestInfo, ServerRequest, ServerResponse } from '../request.ts'
import { watch } from '../watch/watch.ts'
import { createWatchCaches, type WatchCaches } from '../watch/watch-caches.ts'
import { type Admit, admitter } from './admit.ts'
import type { Call } from './answers.ts'
import { bindByBody } from './binding.ts'
import { valueReader } from './body-value.ts'
import { builtinResource, type ProtobufCodec } from './builtin-resource.ts'
import { type ClusterView, createClusterView } from './cluster-view.ts'
import { create } from './create.ts'
import { remove, removeCollection } from './delete.ts'
import { tellDeprecation } from './deprecated-kinds.ts'
import { methodNotRouted, methodNotSupported, unknownResource } from './errors.ts'
import { expireEvents } from './event-expiry.ts'
import { fieldManagement } from './field-management.ts'
import { get } from './get.ts'
import { lookUpKind } from './kind-lookup.ts'
import { kindTypes } from './kind-types.ts'
import { list } from './list.ts'
import { answerForm } from './negotiate.ts'
import { patch } from './patch.ts'
import { type Resource, storeOf } from './resource.ts'
import { storeFailure } from './store-failure.ts'
import { subresourceHandler } from './subresources.ts'
import { update } from './update.ts'
import { type FieldManagement, noHooks, type WriteContext, type WriteHooks } from './write.ts'

export interface RegistryOptions {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  /** Ends every watch when it aborts. */
  readonly signal: AbortSignal
  /** Absent: the codec of src/wire. */
  readonly protobuf?: ProtobufCodec
  /** Absent: the rules of src/api/managed-fields. */
  readonly fields?: FieldManagement
  /** In order; absent: those of plugins.ts. */
  readonly plugins?: readonly AdmissionPlugin[]
  /** Where ClusterIPs come from; 10.96.0.0/16 unless set. */
  readonly serviceSubnet?: string
  /** Values that are to be written anew even where nothing changes: of old encryption keys. */
  readonly isStale?: (value: Uint8Array) => boolean
  /** 30000-32767 unless set. */
  readonly nodePorts?: PortRange
  /** Throws Forbidden unless the user may create what a PUT or an apply names. */
  readonly authorizeCreate?: (request: ServerRequest) => Promise<void>
  /** What expressions of policies and webhooks may ask. */
  readonly authorize?: AdmissionSupport['authorize']
  /** What a user may do, so that nobody grants more. */
  readonly rulesFor?: AdmissionSupport['rulesFor']
}

export interface Registry {
  /** Throws StatusError. */
  handle(request: ServerRequest): Promise<ServerResponse>
  /** Serves one more resource, or another version of one that is served: a custom resource. */
  add(resource: Resource): void
  /** Ends its watches unless another version of it is served. */
  remove(resource: Resource): void
  resourceOf(group: string, version: string, plural: string): Resource | undefined
  readonly cluster: ClusterView
  /** Asks admission about a request that somebody else answers. */
  readonly admit: Admit
  readonly kindTypes: KindTypes
  /** Work that goes on between requests; resolves once the signal has ended it. */
  readonly upkeep: Promise<void>
  readonly tendAllocations: Allocation['tend']
}

export function createRegistry(options: RegistryOptions): Registry {
  const { clock, random, signal, protobuf = kubernetesProtobuf } = options
  const { cluster, store, ended } = createClusterView(options.store, { clock, signal })
  const resources = createResources(protobuf)
  const budgets = builtinResource(kindEntry('PodDisruptionBudget'), protobuf)
  const pods = builtinResource(kindEntry('Pod'), protobuf)
  const allocation = createAllocation({
    ...{ store, cluster, clock, random },
    api: createReader(handle),
    serviceSubnet: options.serviceSubnet ?? '10.96.0.0/16',
    ...(options.nodePorts && { nodePorts: options.nodePorts }),
  })
  const hooks = new Map<Resource | undefined, WriteHooks>([
    [resources.get(keyOf('', 'v1', 'services')), allocation.hooks],
  ])
  const caches = createWatchCaches({ store, clock, signal })
  const context: WriteContext = {
    store,
    clock,
    random,
    admission: createAdmission(options.plugins ?? createAdmissionPlugins(), {
      ...{ cluster, clock, random },
      resourcesLike: (resource) =>
        [...resources.values()].filter(
          (other) => other !== resource && other.storage.prefix === resource.storage.prefix,
        ),
      lookUpKind: (kind) => lookUpKind(store, resources.values(), kind),
      ...(options.authorize && { authorize: options.authorize }),
      ...(options.rulesFor && { rulesFor: options.rulesFor }),
    }),
    hooks: (resource) => hooks.get(resource) ?? noHooks,
    fields: options.fields ?? fieldManagement,
    authorizeCreate: async ({ request }) => options.authorizeCreate?.(request),
    readValue: valueReader(protobuf.read),
    isStale: options.isStale ?? (() => false),
  }

  /** What a resource is served from: its own where it sees the store through a conversion. */
  const viewed = new Map<Resource, { context: WriteContext; caches: WatchCaches }>()
  function placeOf(resource: Resource) {
    if (!resource.storage.view) return { context, caches }
    let place = viewed.get(resource)
    if (!place) {
      const seen = storeOf(resource, store)
      place = {
        context: { ...context, store: seen },
        caches: createWatchCaches({ store: seen, clock, signal }),
      }
      viewed.set(resource, place)
    }
    return place
  }

  async function dispatch(call: Call): Promise<ServerResponse> {
    const { info } = call.request
    const { context, caches } = placeOf(call.resource)
    const { store } = context
    if (call.resource.entry === bindings) return bindByBody(context, call, pods)
    if (call.subresource !== '') {
      return subresourceHandler(call)(context, call, { cluster, budgets })
    }
    if (!call.resource.entry.verbs.includes(info.verb)) {
      throw methodNotSupported(call.resource.entry, info.verb)
    }
    switch (info.verb) {
      case 'get':
        return get(store, call)
      case 'list':
        return list(store, call)
      case 'watch':
        return watch({ store, clock, random, cache: caches.of(call.resource.storage.prefix) }, call)
      case 'create':
        return create(context, call)
      case 'update':
        return update(context, call)
      case 'patch':
        return patch(context, call)
      case 'delete':
        return remove(context, call)
      case 'deletecollection':
        return removeCollection(context, call)
      default:
        throw methodNotSupported(call.resource.entry, info.verb)
    }
  }

  async function handle(request: ServerRequest): Promise<ServerResponse> {
    const { info } = request
    const resource = resources.get(keyOf(info.group, info.version, info.resource))
    if (!resource) throw unknownResource()
    tellDeprecation(request, resource)
    try {
      return await dispatch(callOf(request, resource, clock))
    } catch (error) {
      throw storeFailure(error)
    }
  }
  const asked = createAsked(protobuf)
  return {
    cluster,
    kindTypes: kindTypes(() => resources.values()),
    admit: admitter(context.admission, ({ info }) => {
      const key = keyOf(info.group, info.version, info.resource)
      return resources.get(key) ?? asked.get(key)
    }),
    upkeep: expireEvents({ store, clock }, signal).then(() => ended.then(() => {})),
    handle,
    tendAllocations: allocation.tend,
    add: (resource) => void resources.set(resourceKey(resource), resource),
    remove(resource) {
      const { prefix } = resource.storage
      resources.delete(resourceKey(resource))
      viewed.get(resource)?.caches.end(prefix)
      viewed.delete(resource)
      const isShared = [...resources.values()].some(({ storage }) => storage.prefix === prefix)
      if (!isShared) caches.end(prefix)
    },
    resourceOf: (group, version, plural) => resources.get(keyOf(group, version, plural)),
  }
}

/** POST to bindings is POST to the binding of the Pod that the body names. */
const bindings = kinds.find(({ group, plural }) => group === '' && plural === 'bindings')

function createResources(protobuf: ProtobufCodec): Map<string, Resource> {
  const resources = kinds
    .filter((entry) => entry.stored !== false || entry === bindings)
    .map((entry) => builtinResource(entry, protobuf))
  return new Map(resources.map((resource) => [resourceKey(resource), resource]))
}

/** Kinds that are asked and answered but never kept: reviews. */
function createAsked(protobuf: ProtobufCodec): ReadonlyMap<string, Resource> {
  const resources = kinds
    .filter((entry) => entry.stored === false && entry !== bindings)
    .map((entry) => builtinResource(entry, protobuf))
  return new Map(resources.map((resource) => [resourceKey(resource), resource]))
}

function resourceKey({ entry }: Resource): string {
  return keyOf(entry.group, entry.version, entry.plural)
}

function keyOf(group: string, version: string, plural: string): string {
  return `${group}/${version}/${plural}`
}

function callOf(request: ServerRequest, resource: Resource, clock: Clock): Call {
  const { info } = request
  const { namespaced } = resource.entry
  assertPlace(info, resource)
  return {
    request,
    resource,
    clock,
    form: answerForm(request, {
      hasProtobuf: resource.codec.hasProtobuf,
      isStream: info.verb === 'watch',
    }),
    namespace: namespaced ? info.namespace : '',
    name: info.name,
    subresource: info.subresource,
  }
}

/** Paths and methods that upstream has no route for. */
function assertPlace(info: RequestInfo, { entry }: Resource): void {
  const { verb, name, namespace, subresource } = info
  const isCollection = verb === 'list' || verb === 'watch' || verb === 'deletecollection'
  const isNamespaces = entry.plural === 'namespaces' && entry.group === ''
  if (info.rest.length > 0) throw unknownResource()
  if (!entry.namespaced && namespace !== '' && !isNamespaces) throw unknownResource()
  if (entry.namespaced && namespace === '') {
    if (verb === 'create' || verb === 'deletecollection') throw methodNotRouted()
    if (!isCollection && name !== '') throw unknownResource()
  }
  const isNameless = isCollection || (verb === 'create' && subresource === '')
  if (!isNameless && name === '') throw methodNotRouted()
  if (verb === 'create' && subresource === '' && name !== '') throw methodNotRouted()
}
