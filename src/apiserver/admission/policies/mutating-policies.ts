// MutatingAdmissionPolicy: objects changed by apply configurations or JSON patches written in CEL.

import { asDraft, isDraft, isSame } from '../../../api/draft.ts'
import { StatusError } from '../../../api/status-error.ts'
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  Mutation,
} from '../../../api/types.gen.ts'
import { toJson } from '../../../cel/json-values.ts'
import { CelError } from '../../../cel/program.ts'
import type { PatchType, Resource } from '../../registry/resource.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts'
import { type Bindings, requestBindings } from '../matching/cel-request.ts'
import { applyKindDefaults, patchedObject } from '../matching/patched.ts'
import { replaceDraft } from '../matching/replace-draft.ts'
import { isBeyondPolicies } from '../matching/rules.ts'
import { inVersion, seenAs } from '../matching/seen-as.ts'
import { type Compiled, type Environment, run } from './environment.ts'
import { createInvoker, type Invocation } from './invocations.ts'
import { policyDenial } from './policy-denial.ts'

type Called = Invocation<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding>

export function createMutatingPolicies(): AdmissionPlugin {
  const invocations = createInvoker()
  const remembered = new WeakMap<Environment, readonly CompiledMutation[]>()
  const mutationsOf = ({ policy, environment }: Called) => {
    const known = remembered.get(environment)
    if (known) return known
    const made = (policy.spec.mutations ?? []).map((mutation) => compile(mutation, environment))
    remembered.set(environment, made)
    return made
  }
  return {
    name: 'MutatingAdmissionPolicy',
    handles: (request) => request.object !== undefined && !isBeyondPolicies(request),
    async mutate(request, support, { isReinvocation }) {
      const all = await support.cluster.list('MutatingAdmissionPolicy')
      const policies = isReinvocation ? all.filter(isReinvoked) : all
      if (policies.length === 0) return false
      const bindings = await support.cluster.list('MutatingAdmissionPolicyBinding')
      let isChanged = false
      for await (const called of invocations({ policies, bindings }, request, support)) {
        const fresh = async () =>
          requestBindings(request, support, await seenAs(request, called.shown))
        if (await mutateBy(called, mutationsOf(called), { request, fresh })) isChanged = true
      }
      return isChanged
    },
  }
}

const isReinvoked = ({ spec }: MutatingAdmissionPolicy) => spec.reinvocationPolicy === 'IfNeeded'

interface CompiledMutation {
  readonly patchType: Mutation['patchType']
  readonly expression: string
  readonly program: Compiled
}

function compile(mutation: Mutation, environment: Environment): CompiledMutation {
  const { patchType, applyConfiguration, jsonPatch } = mutation
  const expression = (applyConfiguration ?? jsonPatch)?.expression ?? ''
  return { patchType, expression, program: environment.compile(expression) }
}

interface Mutating {
  readonly request: AdmissionRequest
  /** The request as the mutations before have left it. */
  readonly fresh: () => Promise<Bindings>
}

/** True when the object was changed. Throws a refusal unless failures are ignored. */
async function mutateBy(
  { policy, binding, environment, bindings, shown }: Called,
  mutations: readonly CompiledMutation[],
  { request, fresh }: Mutating,
): Promise<boolean> {
  let isChanged = false
  try {
    if (typeof bindings === 'string') throw new CelError(bindings)
    const { params, namespaceObject } = bindings
    for (const mutation of mutations) {
      const bound = environment.bind({ ...(await fresh()), params, namespaceObject })
      if (await applyMutation({ ...mutation, shown }, bound, request)) isChanged = true
    }
  } catch (error) {
    const isFailure = error instanceof CelError || error instanceof StatusError
    if (!isFailure) throw error
    if (policy.spec.failurePolicy !== 'Ignore') {
      const who = `policy '${policy.metadata.name}' with binding '${binding.metadata.name}'`
      throw policyDenial(request, `${who} denied request: ${error.message}`)
    }
  }
  return isChanged
}

async function applyMutation(
  { patchType, expression, program, shown }: CompiledMutation & { readonly shown: Resource },
  bindings: Bindings,
  request: AdmissionRequest,
): Promise<boolean> {
  const { resource, object } = request
  if (!object) return false
  const patch = patchOf(expression, program, bindings)
  const body = Buffer.from(JSON.stringify(patch))
  const type: PatchType =
    patchType === 'JSONPatch'
      ? 'json'
      : shown.codec.patchTypes.includes('strategic')
        ? 'strategic'
        : 'merge'
  const seen = asDraft(await inVersion(request, object, { from: resource, to: shown }))
  const changed = patchedObject(request, seen, {
    ...{ shown, patch: { type, body, fieldValidation: 'Strict' } },
  })
  const patched = asDraft(await inVersion(request, changed, { from: shown, to: resource }))
  applyKindDefaults(request, patched)
  if (isSame(patched, object)) return false
  replaceDraft(object, patched)
  return true
}

function patchOf(expression: string, program: Compiled, bindings: Bindings): object {
  try {
    const patch = toJson(run(program, bindings))
    if (Array.isArray(patch) || isDraft(patch)) return patch
    throw new CelError('no such overload')
  } catch (error) {
    if (!(error instanceof CelError)) throw error
    throw new CelError(`expression '${expression}' resulted in error: ${error.message}`)
  }
}
