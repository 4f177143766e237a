// Defaults of admissionregistration.k8s.io.

import type { DraftOf } from '../draft.ts'
import type {
  MatchResources,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from '../types.gen.ts'

type Webhook = NonNullable<DraftOf<ValidatingWebhookConfiguration>['webhooks']>[number]

export function defaultMutatingWebhooks({ webhooks }: DraftOf<MutatingWebhookConfiguration>): void {
  for (const webhook of webhooks ?? []) {
    defaultWebhook(webhook)
    webhook.reinvocationPolicy ??= 'Never'
  }
}

export function defaultValidatingWebhooks({
  webhooks,
}: DraftOf<ValidatingWebhookConfiguration>): void {
  for (const webhook of webhooks ?? []) defaultWebhook(webhook)
}

function defaultWebhook(webhook: Webhook): void {
  webhook.failurePolicy ??= 'Fail'
  webhook.matchPolicy ??= 'Equivalent'
  webhook.namespaceSelector ??= {}
  webhook.objectSelector ??= {}
  webhook.timeoutSeconds ??= 10
  for (const rule of webhook.rules ?? []) rule.scope ??= '*'
  if (webhook.clientConfig?.service) webhook.clientConfig.service.port ??= 443
}

type Policy = DraftOf<ValidatingAdmissionPolicy> | DraftOf<MutatingAdmissionPolicy>

export function defaultAdmissionPolicy({ spec }: Policy): void {
  if (!spec) return
  spec.failurePolicy ??= 'Fail'
  defaultMatch(spec.matchConstraints)
}

export function defaultMutatingPolicy(policy: DraftOf<MutatingAdmissionPolicy>): void {
  defaultAdmissionPolicy(policy)
  if (policy.spec) policy.spec.reinvocationPolicy ??= 'Never'
}

type Binding = DraftOf<ValidatingAdmissionPolicyBinding> | DraftOf<MutatingAdmissionPolicyBinding>

export function defaultPolicyBinding({ spec }: Binding): void {
  defaultMatch(spec?.matchResources)
}

function defaultMatch(match: DraftOf<MatchResources> | undefined): void {
  if (!match) return
  match.matchPolicy ??= 'Equivalent'
  match.namespaceSelector ??= {}
  match.objectSelector ??= {}
  for (const rule of [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]) {
    rule.scope ??= '*'
  }
}
