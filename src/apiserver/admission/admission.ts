// Admission: plugins in one listed order, first those that change the object, then those that may
// refuse it. In: what a request is about to write. Out: the object changed, or a StatusError.

import { type Draft, type DraftOf, draftAs } from '../../api/draft.ts'
import type { StatusError } from '../../api/status-error.ts'
import type { ObjectMeta, Pod } from '../../api/types.gen.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Random } from '../../lib/random.ts'
import type { Authorizer, Decision } from '../rbac/authorizer.ts'
import type { Attributes } from '../rbac/rules.ts'
import type { ApiObject } from '../registry/api-object.ts'
import type { ClusterView } from '../registry/cluster-view.ts'
import { forbidden } from '../registry/errors.ts'
import type { KindLookup, KindName } from '../registry/kind-lookup.ts'
import type { Resource } from '../registry/resource.ts'
import type { UserInfo } from '../request.ts'

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

export interface AdmissionRequest {
  readonly operation: Operation
  /** As authorization knows it: `patch` too is an UPDATE, or a CREATE. */
  readonly verb: string
  readonly resource: Resource
  readonly subresource: string
  /** '' for cluster-scoped resources; a Namespace's own name for Namespaces. */
  readonly namespace: string
  /** '' while the server is still to generate it, and for a whole collection. */
  readonly name: string
  /** What is to be written; absent for DELETE. Changed in place by `mutate`. */
  readonly object: Draft | undefined
  /** What is there now; absent for CREATE. */
  readonly old: ApiObject | undefined
  readonly user: UserInfo
  readonly isDryRun: boolean
  /** What else the request's options say: fieldManager, propagationPolicy, ... */
  readonly options?: object
  /** Answered as Warning headers. */
  readonly warnings: string[]
  /** For the audit log; absent where the request is not audited. */
  readonly annotate?: (key: string, value: string) => void
}

export interface AdmissionPlugin {
  /** As upstream's --enable-admission-plugins names it. */
  readonly name: string
  /** Cheap and asked for every write. */
  handles(request: AdmissionRequest): boolean
  /** True asks for a second round: what others filled in may not fit what it changed. */
  mutate?(
    request: AdmissionRequest,
    support: AdmissionSupport,
    round: MutationRound,
  ): Promise<boolean> | Promise<void> | void
  validate?(request: AdmissionRequest, support: AdmissionSupport): Promise<void> | void
}

/** Mutating plugins run once, and once more when a webhook or a policy has changed the object. */
export interface MutationRound {
  readonly isReinvocation: boolean
}

export interface AdmissionSupport {
  readonly cluster: ClusterView
  /** The other resources that serve the same objects. */
  resourcesLike(resource: Resource): readonly Resource[]
  /** Undefined while no such kind is served. */
  lookUpKind(kind: KindName): KindLookup | undefined
  /** Absent: expressions that ask the authorizer are told no. */
  authorize?(user: UserInfo, asked: Attributes): Decision
  /** What RBAC lets a user do; absent: nothing. */
  readonly rulesFor?: Authorizer['rulesFor']
  readonly clock: Clock
  readonly random: Random
}

export interface Admission {
  mutate(request: AdmissionRequest): Promise<void>
  validate(request: AdmissionRequest): Promise<void>
}

export function createAdmission(
  plugins: readonly AdmissionPlugin[],
  support: AdmissionSupport,
): Admission {
  const mutating = plugins.filter(({ mutate }) => mutate)
  const validating = plugins.filter(({ validate }) => validate)
  return {
    async mutate(request) {
      const isChanged = await mutateOnce(mutating, request, { support, isReinvocation: false })
      if (isChanged) await mutateOnce(mutating, request, { support, isReinvocation: true })
    },
    async validate(request) {
      for (const plugin of validating) {
        const waiting = plugin.handles(request) && plugin.validate?.(request, support)
        if (waiting) await waiting
      }
    },
  }
}

async function mutateOnce(
  plugins: readonly AdmissionPlugin[],
  request: AdmissionRequest,
  { support, isReinvocation }: MutationRound & { readonly support: AdmissionSupport },
): Promise<boolean> {
  let isChanged = false
  for (const plugin of plugins) {
    const waiting = plugin.handles(request) && plugin.mutate?.(request, support, { isReinvocation })
    if (waiting && (await waiting) === true) isChanged = true
  }
  return isChanged
}

/** True for requests about `plural` of `group` itself, or the named subresource. */
export function isAbout(
  { resource, subresource }: AdmissionRequest,
  group: string,
  plural: string,
  ofSubresource = '',
): boolean {
  const { entry } = resource
  return entry.plural === plural && entry.group === group && subresource === ofSubresource
}

/** A refusal in the plugin's words. */
export function refusal(request: AdmissionRequest, why: string): StatusError {
  return forbidden(request.resource.entry, nameFor(request), why)
}

/** What a refusal calls an object that has no name yet. */
function nameFor({ name, object }: AdmissionRequest): string {
  const { metadata } = draftAs<{ readonly metadata: ObjectMeta }>(object ?? {})
  return name || metadata?.name || metadata?.generateName || 'Unknown'
}

/** The Pod a request is about, where it creates or changes one by the Pod's own endpoint. */
export function podOf(request: AdmissionRequest): DraftOf<Pod> {
  return draftAs<Pod>(request.object ?? {})
}

/** Pods that a node made and only shows: no plugin gives them anything. */
export function isMirrorPod({ metadata }: DraftOf<Pod>): boolean {
  return metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined
}
