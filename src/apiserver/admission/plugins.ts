// Table: the admission plugins in the order in which they run. Webhooks and policies come after
// those that fill in, and ResourceQuota is last: it counts only what nobody else refuses. Names and
// order are upstream's, but for five that are part of upstream's registry and come after webhooks.
// A function, as those that call out keep connections and compiled expressions.

import type { AdmissionPlugin } from './admission.ts'
import {
  certificateApproval,
  certificateRequester,
  certificateSigning,
  certificateSubjectRestriction,
} from './certificate-requests.ts'
import { defaultIngressClass } from './default-ingress-class.ts'
import { defaultStorageClass } from './default-storage-class.ts'
import { defaultTolerationSeconds } from './default-toleration-seconds.ts'
import { deviceAccess } from './device-access.ts'
import { limitRanger } from './limit-ranger.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { nodeRestriction } from './node-restriction.ts'
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.ts'
import { podSecurity } from './pod-security/pod-security.ts'
import { podTopologyLabels } from './pod-topology-labels.ts'
import { checkExpressions } from './policies/check-expressions.ts'
import { createMutatingPolicies } from './policies/mutating-policies.ts'
import { paramAccess } from './policies/param-access.ts'
import { createValidatingPolicies } from './policies/validating-policies.ts'
import { priority } from './priority.ts'
import { rbacEscalation } from './rbac-escalation.ts'
import { resourceQuota } from './resource-quota.ts'
import { runtimeClass } from './runtime-class.ts'
import { serviceAccount } from './service-account.ts'
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts'
import { taintNodesByCondition } from './taint-nodes-by-condition.ts'
import { createWebhookPlugins } from './webhooks/webhooks.ts'

export function createAdmissionPlugins(): readonly AdmissionPlugin[] {
  const webhooks = createWebhookPlugins()
  return [
    namespaceLifecycle,
    limitRanger,
    serviceAccount,
    nodeRestriction,
    taintNodesByCondition,
    podSecurity,
    priority,
    defaultTolerationSeconds,
    defaultStorageClass,
    storageObjectInUseProtection,
    persistentVolumeClaimResize,
    runtimeClass,
    certificateApproval,
    certificateSigning,
    certificateSubjectRestriction,
    defaultIngressClass,
    podTopologyLabels,
    createMutatingPolicies(),
    webhooks.mutating,
    certificateRequester,
    rbacEscalation,
    deviceAccess,
    checkExpressions,
    paramAccess,
    createValidatingPolicies(),
    webhooks.validating,
    resourceQuota,
  ]
}
