// MutatingAdmissionWebhook and ValidatingAdmissionWebhook: who is called about a write, in which
// order, and what their answers do. Configurations are read anew for every write.

import { asDraft, copyOf, type Draft, isSame } from '../../../api/draft.ts'
import { StatusError } from '../../../api/status-error.ts'
import type { MutatingWebhook, ValidatingWebhook } from '../../../api/types.gen.ts'
import type { ApiObject } from '../../registry/api-object.ts'
import { forbidden } from '../../registry/errors.ts'
import type { Resource } from '../../registry/resource.ts'
import type { AdmissionPlugin, AdmissionRequest, AdmissionSupport } from '../admission.ts'
import { requestBindings, requestDeclarations, requestFields } from '../matching/cel-request.ts'
import {
  type CompiledCondition,
  compileConditions,
  evaluateConditions,
} from '../matching/conditions.ts'
import { applyKindDefaults, patchedObject } from '../matching/patched.ts'
import { replaceDraft } from '../matching/replace-draft.ts'
import { isExempt, shownAs } from '../matching/rules.ts'
import { inVersion } from '../matching/seen-as.ts'
import { isSelected, namespaceOf } from '../matching/selectors.ts'
import { type CallWebhook, createWebhookCaller, type WebhookAnswer } from './call-webhook.ts'
import { CallFailure, callingFailed, denial, noDryRun } from './webhook-error.ts'

type Webhook = MutatingWebhook | ValidatingWebhook

interface Hook {
  readonly webhook: Webhook
  readonly conditions: readonly CompiledCondition[]
}

/** A webhook that is to be called, with the version in which it is shown the object. */
interface Match extends Hook {
  readonly shown: Resource
}

export interface WebhookPlugins {
  readonly mutating: AdmissionPlugin
  readonly validating: AdmissionPlugin
}

export function createWebhookPlugins(call: CallWebhook = createWebhookCaller()): WebhookPlugins {
  const hooksOf = rememberHooks()
  const left = new WeakMap<AdmissionRequest, Map<Webhook, Draft>>()
  const handles = (request: AdmissionRequest) => !isExempt(request)
  return {
    mutating: {
      name: 'MutatingAdmissionWebhook',
      handles,
      async mutate(request, support, { isReinvocation }) {
        const configurations = await support.cluster.list('MutatingWebhookConfiguration')
        if (configurations.length === 0) return false
        const leftBy = left.get(request) ?? new Map<Webhook, Draft>()
        left.set(request, leftBy)
        let isChanged = false
        let index = -1
        for (const configuration of configurations) {
          for (const hook of hooksOf(configuration)) {
            index++
            if (isReinvocation && !mayRunAgain(hook, leftBy, request)) continue
            const match = await matchOf(hook, request, support)
            if (!match) continue
            const key = `webhook.admission.k8s.io/round_${isReinvocation ? 1 : 0}_index_${index}`
            const isMutated = await mutateBy(match, request, { support, call, key })
            if (isMutated) isChanged = true
            const { name } = configuration.metadata
            noteMutation(request, { key, configuration: name, match, isMutated })
            if (isReinvoked(hook) && request.object)
              leftBy.set(hook.webhook, copyOf(request.object))
          }
        }
        return isChanged
      },
    },
    validating: {
      name: 'ValidatingAdmissionWebhook',
      handles,
      async validate(request, support) {
        const configurations = await support.cluster.list('ValidatingWebhookConfiguration')
        if (configurations.length === 0) return
        const matches = await Promise.all(
          configurations.flatMap(hooksOf).map((hook) => matchOf(hook, request, support)),
        )
        const called = matches.flatMap((match, index) => {
          const key = `webhook.admission.k8s.io/round_0_index_${index}`
          return match ? [validateBy(match, request, { support, call, key })] : []
        })
        const failed = (await Promise.allSettled(called)).find(
          ({ status }) => status === 'rejected',
        )
        if (failed?.status === 'rejected') throw failed.reason
      },
    },
  }
}

function isReinvoked({ webhook }: Hook): boolean {
  return 'reinvocationPolicy' in webhook && webhook.reinvocationPolicy === 'IfNeeded'
}

/** Asked again only about an object that was changed after it. */
function mayRunAgain(hook: Hook, left: ReadonlyMap<Webhook, Draft>, { object }: AdmissionRequest) {
  return isReinvoked(hook) && !isSame(left.get(hook.webhook), object)
}

/** Compiled once a stored configuration: the same bytes are the same object. */
function rememberHooks() {
  const remembered = new WeakMap<object, readonly Hook[]>()
  return (configuration: { readonly webhooks?: readonly Webhook[] }): readonly Hook[] => {
    const known = remembered.get(configuration)
    if (known) return known
    const made = (configuration.webhooks ?? []).map((webhook) => ({
      webhook,
      conditions: compileConditions(webhook.matchConditions, requestDeclarations),
    }))
    remembered.set(configuration, made)
    return made
  }
}

async function matchOf(
  { webhook, conditions }: Hook,
  request: AdmissionRequest,
  support: AdmissionSupport,
): Promise<Match | undefined> {
  const others = () =>
    webhook.matchPolicy === 'Exact' ? [] : support.resourcesLike(request.resource)
  const shown = shownAs(webhook.rules ?? [], request, others)
  if (!shown) return undefined
  if (!isSelected(webhook, request, await namespaceOf(request, support))) return undefined
  const { isMatch, error } = evaluateConditions(conditions, () => requestBindings(request, support))
  if (error !== undefined && webhook.failurePolicy !== 'Ignore') {
    throw forbidden(request.resource.entry, request.name, error)
  }
  return isMatch ? { webhook, conditions, shown } : undefined
}

interface Calling {
  readonly support: AdmissionSupport
  readonly call: CallWebhook
  /** How the call is named in the audit log. */
  readonly key: string
}

interface Mutation {
  readonly key: string
  readonly configuration: string
  readonly match: Match
  readonly isMutated: boolean
}

function noteMutation(
  { annotate }: AdmissionRequest,
  { key, configuration, match, isMutated: mutated }: Mutation,
): void {
  const { name: webhook } = match.webhook
  annotate?.(`mutation.${key}`, JSON.stringify({ configuration, webhook, mutated }))
}

/** True when the object was changed. */
async function mutateBy(
  match: Match,
  request: AdmissionRequest,
  calling: Calling,
): Promise<boolean> {
  const answer = await ask(match, request, calling)
  if (!answer?.patch || !request.object) return false
  try {
    return await applyPatch(match, request, answer.patch)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    if (match.webhook.failurePolicy === 'Ignore') return false
    throw new StatusError('InternalError', `Internal error occurred: ${text}`, {
      causes: [{ message: text }],
    })
  }
}

async function applyPatch(
  { shown }: Match,
  request: AdmissionRequest,
  body: Uint8Array,
): Promise<boolean> {
  const { resource, object } = request
  if (!object) return false
  const seen = asDraft(await inVersion(request, object, { from: resource, to: shown }))
  const patch = { type: 'json', body, fieldValidation: 'Ignore' } as const
  const changed = patchedObject(request, seen, { shown, patch })
  const patched = asDraft(await inVersion(request, changed, { from: shown, to: resource }))
  applyKindDefaults(request, patched)
  if (isSame(patched, object)) return false
  replaceDraft(object, patched)
  return true
}

async function validateBy(match: Match, request: AdmissionRequest, calling: Calling) {
  await ask(match, request, calling)
}

/** Undefined when the webhook failed and may be ignored. Throws for a refusal. */
async function ask(
  { webhook, shown }: Match,
  request: AdmissionRequest,
  { support, call, key }: Calling,
): Promise<WebhookAnswer | undefined> {
  const { name, clientConfig, sideEffects, timeoutSeconds = 10 } = webhook
  if (request.isDryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun') {
    throw noDryRun(name)
  }
  const review = await reviewOf(request, shown, support)
  try {
    const answer = await call({ clientConfig, timeoutSeconds, review }, support.cluster)
    request.warnings.push(...answer.warnings)
    for (const [own, value] of Object.entries(answer.auditAnnotations))
      request.annotate?.(`${name}/${own}`, value)
    if (!answer.allowed) throw denial(name, answer.status)
    return answer
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error
    if (webhook.failurePolicy === 'Ignore') {
      const phase = 'reinvocationPolicy' in webhook ? 'mutation' : 'validation'
      request.annotate?.(`failed-open.${phase}.${key}`, name)
      return undefined
    }
    throw callingFailed(name, error)
  }
}

async function reviewOf(request: AdmissionRequest, shown: Resource, { random }: AdmissionSupport) {
  const { resource, object, old } = request
  const seen = async (one: Draft | ApiObject | undefined) =>
    one ? await inVersion(request, one, { from: resource, to: shown }) : null
  return {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid: random.uuid(),
      ...requestFields(request, shown),
      object: await seen(object),
      oldObject: await seen(old),
    },
  }
}
