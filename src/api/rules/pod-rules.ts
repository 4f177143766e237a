// Pods: the status they start with, and their endpoints for ephemeral containers and resizing.

import { copyOf, type DraftOf } from '../draft.ts'
import { qosClassOf } from '../qos.ts'
import type { Pod } from '../types.gen.ts'
import { podCreateErrors, podErrors, podStatusErrors, podUpdateErrors } from '../validation/pod.ts'
import { ephemeralUpdateErrors, resizeErrors } from '../validation/pod-parts.ts'
import { podWarnings } from '../warnings/workloads.ts'
import { rulesFor } from './kind-rule.ts'

type PodDraft = DraftOf<Pod>

export const podRules = rulesFor<Pod>({
  generation: ['spec'],
  prepareForCreate: startStatus,
  prepareForUpdate: endGating,
  validate: podErrors,
  validateCreate: podCreateErrors,
  validateUpdate: podUpdateErrors,
  warnings: podWarnings,
  endpoints: {
    status: { prepareForUpdate: keepForStatus, validateUpdate: podStatusErrors },
    ephemeralcontainers: {
      prepareForUpdate: takeEphemeralContainers,
      validateUpdate: (next, previous) => [
        ...podErrors(next),
        ...ephemeralUpdateErrors(next, previous),
      ],
    },
    resize: {
      prepareForUpdate: takeResources,
      validateUpdate: (next, previous) => [...podErrors(next), ...resizeErrors(next, previous)],
    },
  },
})

const gated = {
  type: 'PodScheduled',
  status: 'False',
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
}

function startStatus(pod: PodDraft): void {
  const { spec = {} } = pod
  const isGated = (spec.schedulingGates?.length ?? 0) > 0
  pod.status = {
    phase: 'Pending',
    qosClass: qosClassOf(spec),
    ...(isGated && { conditions: [{ ...gated }] }),
  }
}

/** The last gate is gone: the condition that spoke of gates goes with it. */
function endGating(next: PodDraft, previous: PodDraft): void {
  const isOpened = previous.spec?.schedulingGates?.length && !next.spec?.schedulingGates?.length
  const conditions = previous.status?.conditions
  if (!isOpened || !conditions) return
  next.status = copyOf(previous.status ?? {})
  next.status.conditions = conditions.filter(({ reason }) => reason !== 'SchedulingGated')
}

function keepForStatus(next: PodDraft, previous: PodDraft): void {
  next.spec = copyOf(previous.spec)
  if (next.metadata) next.metadata.ownerReferences = copyOf(previous.metadata?.ownerReferences)
  const qosClass = previous.status?.qosClass
  if (next.status && qosClass) next.status.qosClass ??= qosClass
}

function takeEphemeralContainers(next: PodDraft, previous: PodDraft): void {
  const added = next.spec?.ephemeralContainers
  next.spec = { ...copyOf(previous.spec), ...(added && { ephemeralContainers: added }) }
  next.status = copyOf(previous.status)
}

/** Of what was sent only the containers' resources and how they are resized count. */
function takeResources(next: PodDraft, previous: PodDraft): void {
  const sent = next.spec ?? {}
  const spec = copyOf(previous.spec ?? {})
  for (const list of ['containers', 'initContainers'] as const) {
    for (const container of spec[list] ?? []) {
      const wanted = sent[list]?.find(({ name }) => name === container.name)
      if (!wanted) continue
      container.resources = wanted.resources ?? {}
      if (wanted.resizePolicy) container.resizePolicy = wanted.resizePolicy
    }
  }
  next.spec = spec
  next.status = copyOf(previous.status)
}
