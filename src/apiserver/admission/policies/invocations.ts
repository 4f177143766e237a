// Which policies apply to a request: every binding of a policy whose rules, selectors and
// conditions match, once for each of its parameters.

import { labelSelectorMatches } from '../../../api/selector/label.ts'
import type {
  MatchCondition,
  MatchResources,
  Namespace,
  ObjectMeta,
  ParamKind,
  ParamRef,
  Variable,
} from '../../../api/types.gen.ts'
import type { ApiObject } from '../../registry/api-object.ts'
import type { Resource } from '../../registry/resource.ts'
import type { AdmissionRequest, AdmissionSupport } from '../admission.ts'
import { type Bindings, requestBindings } from '../matching/cel-request.ts'
import {
  type CompiledCondition,
  compileConditions,
  evaluateConditions,
} from '../matching/conditions.ts'
import { shownAs } from '../matching/rules.ts'
import { seenAs } from '../matching/seen-as.ts'
import { isSelected, namespaceOf } from '../matching/selectors.ts'
import { createEnvironment, type Environment } from './environment.ts'

/** What both kinds of policies have. */
export interface Policy {
  readonly metadata: ObjectMeta
  readonly spec: {
    readonly failurePolicy?: 'Ignore' | 'Fail'
    readonly matchConditions?: readonly MatchCondition[]
    readonly matchConstraints?: MatchResources
    readonly paramKind?: ParamKind
    readonly variables?: readonly Variable[]
  }
}

export interface PolicyBinding {
  readonly metadata: ObjectMeta
  readonly spec: {
    readonly policyName?: string
    readonly matchResources?: MatchResources
    readonly paramRef?: ParamRef
  }
}

export interface Invocation<P, B> {
  readonly policy: P
  readonly binding: B
  readonly environment: Environment
  /** The version in which the policy sees the objects. */
  readonly shown: Resource
  /** Or why the policy cannot be asked. */
  readonly bindings: Bindings | string
}

interface Prepared {
  readonly environment: Environment
  readonly conditions: readonly CompiledCondition[]
}

/** Compiled once a stored policy: the same bytes are the same object. */
export function createInvoker() {
  const remembered = new WeakMap<object, Prepared>()
  const prepare = (policy: Policy): Prepared => {
    const known = remembered.get(policy)
    if (known) return known
    const environment = createEnvironment(policy.spec.variables)
    const conditions = compileConditions(policy.spec.matchConditions, environment.declarations)
    const prepared = { environment, conditions }
    remembered.set(policy, prepared)
    return prepared
  }

  /** Bindings are made when it is their turn: mutations change the object in between. */
  return async function* invocations<P extends Policy, B extends PolicyBinding>(
    { policies, bindings }: { readonly policies: readonly P[]; readonly bindings: readonly B[] },
    request: AdmissionRequest,
    support: AdmissionSupport,
  ): AsyncGenerator<Invocation<P, B>> {
    const namespace = await namespaceOf(request, support)
    for (const policy of policies) {
      const own = bindings.filter(({ spec }) => spec.policyName === policy.metadata.name)
      if (own.length === 0) continue
      const shown = matchOf(policy.spec.matchConstraints, request, { support, namespace })
      if (!shown) continue
      const { environment, conditions } = prepare(policy)
      for (const binding of own) {
        const match = binding.spec.matchResources
        if (match && !matchOf(match, request, { support, namespace })) continue
        const about = { policy, binding, environment, shown }
        const found = await paramsOf(policy, binding, { request, support })
        for (const params of typeof found === 'string' ? [found] : found) {
          if (typeof params === 'string') {
            yield { ...about, bindings: params }
            continue
          }
          const plain = {
            ...requestBindings(request, support, await seenAs(request, shown)),
            params,
            namespaceObject: namespace ?? null,
          }
          const bound = environment.bind(plain)
          const outcome = evaluateConditions(conditions, () => bound)
          if (outcome.error !== undefined) {
            yield { ...about, bindings: outcome.error }
          } else if (outcome.isMatch) yield { ...about, bindings: bound }
        }
      }
    }
  }
}

interface Surroundings {
  readonly support: AdmissionSupport
  readonly namespace: Namespace | undefined
}

/** The version in which a match is about the request; undefined where it is not. */
function matchOf(
  match: MatchResources | undefined,
  request: AdmissionRequest,
  { support, namespace }: Surroundings,
): Resource | undefined {
  if (!match || !isSelected(match, request, namespace)) return undefined
  const { resourceRules = [], excludeResourceRules = [], matchPolicy } = match
  const others = () => (matchPolicy === 'Exact' ? [] : support.resourcesLike(request.resource))
  if (shownAs(excludeResourceRules, request, others)) return undefined
  return resourceRules.length === 0 ? request.resource : shownAs(resourceRules, request, others)
}

/** The parameters to run with; null where the policy has none; text for a mistake. */
async function paramsOf(
  { spec: { paramKind } }: Policy,
  { spec: { paramRef } }: PolicyBinding,
  { request, support }: { readonly request: AdmissionRequest; readonly support: AdmissionSupport },
): Promise<readonly (ApiObject | null)[] | string> {
  if (!paramKind || !paramRef) return [null]
  const { apiVersion = '', kind = '' } = paramKind
  const lookup = support.lookUpKind({ apiVersion, kind })
  if (!lookup)
    return `failed to find resource referenced by paramKind: '${apiVersion}, Kind=${kind}'`
  if (!lookup.isNamespaced && paramRef.namespace) {
    return 'paramRef.namespace must not be provided for a cluster-scoped `paramKind`'
  }
  const namespace = lookup.isNamespaced ? (paramRef.namespace ?? request.namespace) : ''
  if (lookup.isNamespaced && !namespace) {
    return `cannot use namespaced paramRef in policy binding that matches cluster-scoped resources`
  }
  const found = paramRef.name
    ? [await lookup.get(namespace, paramRef.name)].filter((object) => object !== undefined)
    : (await lookup.list(namespace)).filter(({ metadata }) =>
        labelSelectorMatches(paramRef.selector, metadata.labels),
      )
  if (found.length > 0 || paramRef.parameterNotFoundAction === 'Allow') return found
  return 'no params found for policy binding with `Deny` parameterNotFoundAction'
}
