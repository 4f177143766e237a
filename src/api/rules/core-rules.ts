// The rules of the core group, Pods aside.

import { copyOf, type DraftOf } from '../draft.ts'
import type {
  ConfigMap,
  Endpoints,
  Event,
  LimitRange,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  PodTemplate,
  ReplicationController,
  ResourceQuota,
  Secret,
  Service,
  ServiceAccount,
} from '../types.gen.ts'
import {
  namespaceErrors,
  namespaceFinalizeErrors,
  namespaceStatusErrors,
  nodeErrors,
  nodeUpdateErrors,
} from '../validation/cluster.ts'
import {
  configMapErrors,
  configMapUpdateErrors,
  secretErrors,
  secretUpdateErrors,
} from '../validation/config.ts'
import { eventErrors } from '../validation/coordination.ts'
import { endpointsErrors } from '../validation/endpoints.ts'
import { dns1035Problems, dnsLabelProblems, pathSegmentProblems } from '../validation/names.ts'
import { limitRangeErrors, quotaErrors, quotaUpdateErrors } from '../validation/quotas.ts'
import { serviceErrors, serviceStatusErrors, serviceUpdateErrors } from '../validation/service.ts'
import { volumeErrors, volumeUpdateErrors } from '../validation/storage.ts'
import { claimErrors, claimStatusErrors, claimUpdateErrors } from '../validation/storage-claim.ts'
import {
  podTemplateKindErrors,
  replicaStatusErrors,
  replicationControllerErrors,
} from '../validation/workloads.ts'
import { claimWarnings } from '../warnings/claims.ts'
import { serviceWarnings } from '../warnings/service.ts'
import { accountWarnings } from '../warnings/service-account.ts'
import { volumeWarnings } from '../warnings/volumes.ts'
import { podTemplateWarnings, replicatedWarnings } from '../warnings/workloads.ts'
import { type KindRules, rulesFor } from './kind-rule.ts'

export const coreRules: Readonly<Record<string, Partial<KindRules>>> = {
  '/ConfigMap': rulesFor<ConfigMap>({
    validate: configMapErrors,
    validateUpdate: configMapUpdateErrors,
  }),
  '/Endpoints': rulesFor<Endpoints>({ allowsCreateOnUpdate: true, validate: endpointsErrors }),
  '/Event': rulesFor<Event>({
    nameProblems: pathSegmentProblems,
    allowsCreateOnUpdate: true,
    validateCreate: eventErrors,
  }),
  '/LimitRange': rulesFor<LimitRange>({ allowsCreateOnUpdate: true, validate: limitRangeErrors }),
  '/Namespace': rulesFor<Namespace>({
    nameProblems: dnsLabelProblems,
    prepareForCreate: startNamespace,
    prepareForUpdate: keepFinalizers,
    validate: namespaceErrors,
    endpoints: {
      status: { validateUpdate: namespaceStatusErrors },
      finalize: { validateUpdate: namespaceFinalizeErrors },
    },
  }),
  '/Node': rulesFor<Node>({
    keepsStatusOnCreate: true,
    validate: nodeErrors,
    validateUpdate: nodeUpdateErrors,
    endpoints: {
      status: {
        validateUpdate: (next, previous) => [
          ...nodeErrors(next),
          ...nodeUpdateErrors(next, previous),
        ],
      },
    },
  }),
  '/PersistentVolume': rulesFor<PersistentVolume>({
    prepareForCreate: startVolume,
    validate: volumeErrors,
    validateUpdate: volumeUpdateErrors,
    warnings: volumeWarnings,
  }),
  '/PersistentVolumeClaim': rulesFor<PersistentVolumeClaim>({
    prepareForCreate: (claim) => {
      claim.status = { phase: 'Pending' }
    },
    validate: claimErrors,
    validateUpdate: claimUpdateErrors,
    warnings: claimWarnings,
    endpoints: { status: { validateUpdate: claimStatusErrors } },
  }),
  '/PodTemplate': rulesFor<PodTemplate>({
    generation: ['template'],
    validate: podTemplateKindErrors,
    warnings: podTemplateWarnings,
  }),
  '/ReplicationController': rulesFor<ReplicationController>({
    generation: ['spec'],
    validate: replicationControllerErrors,
    warnings: replicatedWarnings,
    endpoints: { status: { validateUpdate: ({ status }) => replicaStatusErrors(status) } },
  }),
  '/ResourceQuota': rulesFor<ResourceQuota>({
    validate: quotaErrors,
    validateUpdate: quotaUpdateErrors,
    endpoints: { status: { validateUpdate: quotaErrors } },
  }),
  '/Secret': rulesFor<Secret>({ validate: secretErrors, validateUpdate: secretUpdateErrors }),
  '/Service': rulesFor<Service>({
    nameProblems: dns1035Problems,
    allowsCreateOnUpdate: true,
    validate: serviceErrors,
    validateUpdate: serviceUpdateErrors,
    warnings: serviceWarnings,
    endpoints: { status: { validateUpdate: serviceStatusErrors } },
  }),
  '/ServiceAccount': rulesFor<ServiceAccount>({
    prepareForCreate: onlyNames,
    warnings: accountWarnings,
  }),
}

function startNamespace(namespace: DraftOf<Namespace>): void {
  namespace.status = { phase: 'Active' }
  const finalizers = namespace.spec?.finalizers ?? []
  if (finalizers.includes('kubernetes')) return
  namespace.spec = { ...namespace.spec, finalizers: [...finalizers, 'kubernetes'] }
}

/** A namespace's finalizers change through /finalize alone. */
function keepFinalizers(next: DraftOf<Namespace>, previous: DraftOf<Namespace>): void {
  const finalizers = previous.spec?.finalizers
  next.spec = { ...next.spec }
  if (finalizers) next.spec.finalizers = copyOf(finalizers)
  else delete next.spec.finalizers
}

function startVolume(volume: DraftOf<PersistentVolume>): void {
  const since = volume.metadata?.creationTimestamp
  volume.status = { phase: 'Pending', ...(since && { lastPhaseTransitionTime: since }) }
}

/** An account's references to secrets are to those of its own namespace. */
function onlyNames(account: DraftOf<ServiceAccount>): void {
  if (account.secrets) account.secrets = account.secrets.map(({ name }) => (name ? { name } : {}))
}
