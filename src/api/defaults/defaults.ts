// The defaults of every kind: fields that the server fills in when a client leaves them out.

import { type Draft, type DraftOf, draftAs } from '../draft.ts'
import {
  defaultAdmissionPolicy,
  defaultMutatingPolicy,
  defaultMutatingWebhooks,
  defaultPolicyBinding,
  defaultValidatingWebhooks,
} from './admission.ts'
import {
  defaultDaemonSet,
  defaultDeployment,
  defaultReplicaSet,
  defaultStatefulSet,
} from './apps.ts'
import { defaultAutoscaler, defaultAutoscalerV1 } from './autoscaling.ts'
import { defaultCronJob, defaultJob } from './batch.ts'
import { defaultEndpointSlice, defaultIngressClass, defaultNetworkPolicy } from './networking.ts'
import { defaultPod } from './pod.ts'
import {
  defaultApiService,
  defaultCsiDriver,
  defaultCustomResourceDefinition,
  defaultFlowSchema,
  defaultPriorityClass,
  defaultPriorityLevel,
  defaultRoleBinding,
  defaultStorageClass,
} from './policy.ts'
import {
  defaultResourceClaim,
  defaultResourceClaimTemplate,
  defaultTokenRequest,
} from './resource.ts'
import {
  defaultEndpoints,
  defaultLimitRange,
  defaultNamespace,
  defaultNode,
  defaultPersistentVolume,
  defaultPersistentVolumeClaim,
  defaultPodTemplateKind,
  defaultReplicationController,
  defaultSecret,
  defaultService,
} from './v1.ts'

type Defaults = (object: Draft) => void

/** A function over a typed draft as one over any draft: the table's key says the kind. */
function of<T>(defaults: (object: DraftOf<T>) => void): Defaults {
  return (object) => defaults(draftAs<T>(object))
}

const table: Readonly<Record<string, Defaults>> = {
  'v1/Endpoints': of(defaultEndpoints),
  'v1/LimitRange': of(defaultLimitRange),
  'v1/Namespace': of(defaultNamespace),
  'v1/Node': of(defaultNode),
  'v1/PersistentVolume': of(defaultPersistentVolume),
  'v1/PersistentVolumeClaim': of(defaultPersistentVolumeClaim),
  'v1/Pod': of(defaultPod),
  'v1/PodTemplate': of(defaultPodTemplateKind),
  'v1/ReplicationController': of(defaultReplicationController),
  'v1/Secret': of(defaultSecret),
  'v1/Service': of(defaultService),
  'apps/v1/DaemonSet': of(defaultDaemonSet),
  'apps/v1/Deployment': of(defaultDeployment),
  'apps/v1/ReplicaSet': of(defaultReplicaSet),
  'apps/v1/StatefulSet': of(defaultStatefulSet),
  'batch/v1/CronJob': of(defaultCronJob),
  'batch/v1/Job': of(defaultJob),
  'autoscaling/v1/HorizontalPodAutoscaler': of(defaultAutoscalerV1),
  'autoscaling/v2/HorizontalPodAutoscaler': of(defaultAutoscaler),
  'discovery.k8s.io/v1/EndpointSlice': of(defaultEndpointSlice),
  'networking.k8s.io/v1/IngressClass': of(defaultIngressClass),
  'networking.k8s.io/v1/NetworkPolicy': of(defaultNetworkPolicy),
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': of(defaultRoleBinding),
  'rbac.authorization.k8s.io/v1/RoleBinding': of(defaultRoleBinding),
  'scheduling.k8s.io/v1/PriorityClass': of(defaultPriorityClass),
  'storage.k8s.io/v1/CSIDriver': of(defaultCsiDriver),
  'storage.k8s.io/v1/StorageClass': of(defaultStorageClass),
  'flowcontrol.apiserver.k8s.io/v1/FlowSchema': of(defaultFlowSchema),
  'flowcontrol.apiserver.k8s.io/v1/PriorityLevelConfiguration': of(defaultPriorityLevel),
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicy': of(defaultMutatingPolicy),
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding': of(defaultPolicyBinding),
  'admissionregistration.k8s.io/v1/MutatingWebhookConfiguration': of(defaultMutatingWebhooks),
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy': of(defaultAdmissionPolicy),
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding': of(defaultPolicyBinding),
  'admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration': of(defaultValidatingWebhooks),
  'resource.k8s.io/v1/ResourceClaim': of(defaultResourceClaim),
  'resource.k8s.io/v1/ResourceClaimTemplate': of(defaultResourceClaimTemplate),
  'apiextensions.k8s.io/v1/CustomResourceDefinition': of(defaultCustomResourceDefinition),
  'apiregistration.k8s.io/v1/APIService': of(defaultApiService),
  'authentication.k8s.io/v1/TokenRequest': of(defaultTokenRequest),
}

/** Fills in what is missing, by the object's own apiVersion and kind; see conform for its form. */
export function applyDefaults(object: Draft): void {
  table[`${object['apiVersion']}/${object['kind']}`]?.(object)
}
