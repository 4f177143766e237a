// Defaults of apps/v1.

import type { DraftOf } from '../draft.ts'
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../types.gen.ts'
import { defaultPodTemplate } from './pod-spec.ts'
import { defaultPersistentVolumeClaim } from './v1.ts'

export function defaultDeployment({ spec }: DraftOf<Deployment>): void {
  if (!spec) return
  spec.replicas ??= 1
  spec.strategy ??= {}
  spec.strategy.type ??= 'RollingUpdate'
  if (spec.strategy.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate ??= {}
    spec.strategy.rollingUpdate.maxUnavailable ??= '25%'
    spec.strategy.rollingUpdate.maxSurge ??= '25%'
  }
  spec.revisionHistoryLimit ??= 10
  spec.progressDeadlineSeconds ??= 600
  defaultPodTemplate(spec.template)
}

export function defaultReplicaSet({ spec }: DraftOf<ReplicaSet>): void {
  if (!spec) return
  spec.replicas ??= 1
  defaultPodTemplate(spec.template)
}

export function defaultStatefulSet({ spec }: DraftOf<StatefulSet>): void {
  if (!spec) return
  spec.podManagementPolicy ??= 'OrderedReady'
  spec.updateStrategy ??= {}
  if (!spec.updateStrategy.type) {
    spec.updateStrategy.type = 'RollingUpdate'
    spec.updateStrategy.rollingUpdate ??= {}
    spec.updateStrategy.rollingUpdate.partition ??= 0
  } else if (spec.updateStrategy.rollingUpdate) {
    spec.updateStrategy.rollingUpdate.partition ??= 0
  }
  spec.persistentVolumeClaimRetentionPolicy ??= {}
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ??= 'Retain'
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ??= 'Retain'
  spec.replicas ??= 1
  spec.revisionHistoryLimit ??= 10
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion ??= 'v1'
    claim.kind ??= 'PersistentVolumeClaim'
    defaultPersistentVolumeClaim(claim)
  }
  defaultPodTemplate(spec.template)
}

export function defaultDaemonSet({ spec }: DraftOf<DaemonSet>): void {
  if (!spec) return
  spec.updateStrategy ??= {}
  spec.updateStrategy.type ??= 'RollingUpdate'
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate ??= {}
    spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1
    spec.updateStrategy.rollingUpdate.maxSurge ??= 0
  }
  spec.revisionHistoryLimit ??= 10
  defaultPodTemplate(spec.template)
}
