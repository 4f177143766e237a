// Defaults of RBAC, scheduling, storage, flow control, admission registration, resource claims,
// custom resource definitions and API services.

import type { DraftOf } from '../draft.ts'
import type {
  APIService,
  ClusterRoleBinding,
  CSIDriver,
  CustomResourceDefinition,
  FlowSchema,
  PriorityClass,
  PriorityLevelConfiguration,
  RoleBinding,
  StorageClass,
} from '../types.gen.ts'

const rbacGroup = 'rbac.authorization.k8s.io'

export function defaultRoleBinding(
  binding: DraftOf<RoleBinding> | DraftOf<ClusterRoleBinding>,
): void {
  if (binding.roleRef) binding.roleRef.apiGroup ||= rbacGroup
  for (const subject of binding.subjects ?? []) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ??= rbacGroup
  }
}

export function defaultPriorityClass(priorityClass: DraftOf<PriorityClass>): void {
  priorityClass.preemptionPolicy ??= 'PreemptLowerPriority'
}

export function defaultStorageClass(storageClass: DraftOf<StorageClass>): void {
  storageClass.reclaimPolicy ??= 'Delete'
  storageClass.volumeBindingMode ??= 'Immediate'
}

export function defaultCsiDriver({ spec }: DraftOf<CSIDriver>): void {
  if (!spec) return
  spec.attachRequired ??= true
  spec.podInfoOnMount ??= false
  spec.storageCapacity ??= false
  spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType'
  if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ['Persistent']
  spec.requiresRepublish ??= false
  spec.seLinuxMount ??= false
}

export function defaultFlowSchema({ spec }: DraftOf<FlowSchema>): void {
  if (spec) spec.matchingPrecedence ||= 1000
}

export function defaultPriorityLevel({ spec }: DraftOf<PriorityLevelConfiguration>): void {
  if (spec?.exempt) {
    spec.exempt.nominalConcurrencyShares ??= 0
    spec.exempt.lendablePercent ??= 0
  }
  if (!spec?.limited) return
  spec.limited.nominalConcurrencyShares ??= 30
  spec.limited.lendablePercent ??= 0
  const queuing = spec.limited.limitResponse?.queuing
  if (!queuing) return
  queuing.queues ||= 64
  queuing.handSize ||= 8
  queuing.queueLengthLimit ||= 50
}

export function defaultCustomResourceDefinition({ spec }: DraftOf<CustomResourceDefinition>): void {
  if (!spec) return
  const { names } = spec
  if (names?.kind) {
    names.singular ||= names.kind.toLowerCase()
    names.listKind ||= `${names.kind}List`
  }
  spec.conversion ??= { strategy: 'None' }
  const service = spec.conversion.webhook?.clientConfig?.service
  if (service) service.port ??= 443
}

export function defaultApiService({ spec }: DraftOf<APIService>): void {
  if (spec?.service) spec.service.port ??= 443
}
