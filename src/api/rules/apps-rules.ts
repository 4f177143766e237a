// The rules of apps and batch: generations, statuses, generated selectors.

import { type DraftOf, isSameMeaning } from '../draft.ts'
import type {
  ControllerRevision,
  CronJob,
  DaemonSet,
  Deployment,
  Job,
  ReplicaSet,
  StatefulSet,
} from '../types.gen.ts'
import {
  cronJobErrors,
  jobCreateErrors,
  jobStatusErrors,
  jobUpdateErrors,
} from '../validation/batch.ts'
import { statefulSetErrors, statefulSetUpdateErrors } from '../validation/stateful-set.ts'
import {
  collisionErrors,
  daemonSetErrors,
  daemonSetUpdateErrors,
  deploymentErrors,
  deploymentUpdateErrors,
  replicaSetErrors,
  replicaSetUpdateErrors,
  replicaStatusErrors,
  revisionErrors,
  revisionUpdateErrors,
} from '../validation/workloads.ts'
import {
  cronJobWarnings,
  daemonSetWarnings,
  jobWarnings,
  replicatedWarnings,
  statefulSetWarnings,
} from '../warnings/workloads.ts'
import { type KindRules, rulesFor } from './kind-rule.ts'

export const appsRules: Readonly<Record<string, Partial<KindRules>>> = {
  'apps/ControllerRevision': rulesFor<ControllerRevision>({
    validate: revisionErrors,
    validateUpdate: revisionUpdateErrors,
  }),
  'apps/DaemonSet': rulesFor<DaemonSet>({
    generation: ['spec'],
    prepareForCreate: (set) => setTemplateGeneration(set, 1),
    prepareForUpdate: countTemplate,
    validate: daemonSetErrors,
    validateUpdate: daemonSetUpdateErrors,
    warnings: daemonSetWarnings,
  }),
  'apps/Deployment': rulesFor<Deployment>({
    generation: ['spec', 'metadata.annotations'],
    validate: deploymentErrors,
    validateUpdate: deploymentUpdateErrors,
    warnings: replicatedWarnings,
    endpoints: {
      status: {
        prepareForUpdate: keepLabels,
        validateUpdate: ({ status }, { status: before }) => [
          ...replicaStatusErrors(status),
          ...collisionErrors(status?.collisionCount, before?.collisionCount),
        ],
      },
    },
  }),
  'apps/ReplicaSet': rulesFor<ReplicaSet>({
    generation: ['spec'],
    validate: replicaSetErrors,
    validateUpdate: replicaSetUpdateErrors,
    warnings: replicatedWarnings,
    endpoints: { status: { validateUpdate: ({ status }) => replicaStatusErrors(status) } },
  }),
  'apps/StatefulSet': rulesFor<StatefulSet>({
    generation: ['spec'],
    validate: statefulSetErrors,
    validateUpdate: statefulSetUpdateErrors,
    warnings: statefulSetWarnings,
    endpoints: {
      status: {
        validateUpdate: ({ status }, { status: before }) => [
          ...replicaStatusErrors(status),
          ...collisionErrors(status?.collisionCount, before?.collisionCount),
        ],
      },
    },
  }),
  'batch/CronJob': rulesFor<CronJob>({
    generation: ['spec'],
    validate: cronJobErrors,
    warnings: cronJobWarnings,
  }),
  'batch/Job': rulesFor<Job>({
    generation: ['spec'],
    prepareForCreate: generateSelector,
    validateCreate: jobCreateErrors,
    validateUpdate: jobUpdateErrors,
    warnings: jobWarnings,
    endpoints: { status: { validateUpdate: jobStatusErrors } },
  }),
}

const templateGeneration = 'deprecated.daemonset.template.generation'

function setTemplateGeneration({ metadata }: DraftOf<DaemonSet>, generation: number): void {
  if (!metadata) return
  metadata.annotations = { ...metadata.annotations, [templateGeneration]: String(generation) }
}

/** Old clients watch this number to see a DaemonSet's template change. */
function countTemplate(next: DraftOf<DaemonSet>, previous: DraftOf<DaemonSet>): void {
  const before = Number(previous.metadata?.annotations?.[templateGeneration] ?? 0)
  const isSame = isSameMeaning(next.spec?.template, previous.spec?.template)
  setTemplateGeneration(next, isSame ? before : before + 1)
}

function keepLabels(next: DraftOf<Deployment>, previous: DraftOf<Deployment>): void {
  if (!next.metadata) return
  if (previous.metadata?.labels) next.metadata.labels = { ...previous.metadata.labels }
  else delete next.metadata.labels
  if (previous.spec) next.spec = previous.spec
}

/** Unless it is the user's own, the selector finds Pods by the Job's uid. Needs metadata.uid. */
function generateSelector({ metadata, spec }: DraftOf<Job>): void {
  if (!spec || spec.manualSelector) return
  const { uid = '', name = '' } = metadata ?? {}
  const labels = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  }
  spec.template ??= {}
  spec.template.metadata ??= {}
  spec.template.metadata.labels = { ...labels, ...spec.template.metadata.labels }
  spec.selector = {
    ...spec.selector,
    matchLabels: { 'batch.kubernetes.io/controller-uid': uid, ...spec.selector?.matchLabels },
  }
}
