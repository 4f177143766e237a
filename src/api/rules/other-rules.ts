// The rules of all other groups.

import { copyOf, type DraftOf } from '../draft.ts'
import { definitionRules } from '../structural/definition-rules.ts'
import type {
  APIService,
  CertificateSigningRequest,
  ClusterRole,
  ClusterRoleBinding,
  EndpointSlice,
  EventsEvent,
  FlowSchema,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerV1,
  Ingress,
  IngressClass,
  IPAddress,
  Lease,
  MutatingWebhookConfiguration,
  NetworkPolicy,
  PodDisruptionBudget,
  PriorityClass,
  PriorityLevelConfiguration,
  Role,
  RoleBinding,
  RuntimeClass,
  ServiceCIDR,
} from '../types.gen.ts'
import { apiServiceErrors, apiServiceStatusErrors } from '../validation/api-service.ts'
import { autoscalerErrors, autoscalerV1Errors } from '../validation/autoscaling.ts'
import {
  approvalErrors,
  signingRequestErrors,
  signingStatusErrors,
} from '../validation/certificate-signing.ts'
import {
  budgetErrors,
  budgetStatusErrors,
  leaseErrors,
  newEventErrors,
  runtimeClassErrors,
  runtimeClassUpdateErrors,
} from '../validation/coordination.ts'
import { endpointSliceErrors, endpointSliceUpdateErrors } from '../validation/endpoints.ts'
import {
  flowSchemaErrors,
  flowSchemaStatusErrors,
  priorityLevelErrors,
  priorityLevelStatusErrors,
} from '../validation/flow-control.ts'
import { pathSegmentProblems } from '../validation/names.ts'
import {
  ingressClassErrors,
  ingressClassUpdateErrors,
  ingressCreateErrors,
  ingressErrors,
  networkPolicyErrors,
} from '../validation/networking.ts'
import { priorityClassErrors, priorityClassUpdateErrors } from '../validation/quotas.ts'
import {
  bindingUpdateErrors,
  clusterRoleBindingErrors,
  clusterRoleErrors,
  roleBindingErrors,
  roleErrors,
} from '../validation/rbac.ts'
import {
  addressNameProblems,
  ipAddressErrors,
  ipAddressUpdateErrors,
  serviceCidrErrors,
  serviceCidrUpdateErrors,
} from '../validation/service-addresses.ts'
import { webhookErrors } from '../validation/webhooks.ts'
import { ingressWarnings, networkPolicyWarnings } from '../warnings/network.ts'
import { deviceRules } from './device-rules.ts'
import { type KindRules, rulesFor } from './kind-rule.ts'
import { storageRules } from './storage-rules.ts'

const rbac = { nameProblems: pathSegmentProblems, allowsCreateOnUpdate: true }
const conditional = { allowsUnconditionalUpdate: false }
const counted = { ...conditional, generation: ['spec'] }

export const otherRules: Readonly<Record<string, Partial<KindRules>>> = {
  'admissionregistration.k8s.io/MutatingAdmissionPolicy': counted,
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding': counted,
  'admissionregistration.k8s.io/MutatingWebhookConfiguration':
    rulesFor<MutatingWebhookConfiguration>({
      ...conditional,
      generation: ['webhooks'],
      validate: webhookErrors,
    }),
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': counted,
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': counted,
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration':
    rulesFor<MutatingWebhookConfiguration>({
      ...conditional,
      generation: ['webhooks'],
      validate: webhookErrors,
    }),
  'apiextensions.k8s.io/CustomResourceDefinition': definitionRules,
  'apiregistration.k8s.io/APIService': rulesFor<APIService>({
    ...conditional,
    // The core group's are called v1. with nothing after the dot.
    nameProblems: pathSegmentProblems,
    prepareForCreate: startApiService,
    validate: apiServiceErrors,
    endpoints: { status: { validateUpdate: apiServiceStatusErrors } },
  }),
  'autoscaling/v1/HorizontalPodAutoscaler': rulesFor<HorizontalPodAutoscalerV1>({
    validate: autoscalerV1Errors,
  }),
  'autoscaling/v2/HorizontalPodAutoscaler': rulesFor<HorizontalPodAutoscaler>({
    validate: autoscalerErrors,
  }),
  'certificates.k8s.io/CertificateSigningRequest': rulesFor<CertificateSigningRequest>({
    // Any name will do, of one segment of a path.
    nameProblems: pathSegmentProblems,
    prepareForUpdate: (next, previous) => {
      next.spec = copyOf(previous.spec)
    },
    validateCreate: signingRequestErrors,
    endpoints: {
      status: { prepareForUpdate: keepVerdict, validateUpdate: signingStatusErrors },
      approval: { prepareForUpdate: takeVerdict, validateUpdate: approvalErrors },
    },
  }),
  'coordination.k8s.io/Lease': rulesFor<Lease>({
    ...conditional,
    allowsCreateOnUpdate: true,
    validate: leaseErrors,
  }),
  'discovery.k8s.io/EndpointSlice': rulesFor<EndpointSlice>({
    generation: ['addressType', 'endpoints', 'ports'],
    validate: endpointSliceErrors,
    validateUpdate: endpointSliceUpdateErrors,
  }),
  'events.k8s.io/Event': rulesFor<EventsEvent>({
    nameProblems: pathSegmentProblems,
    allowsCreateOnUpdate: true,
    validateCreate: newEventErrors,
  }),
  'flowcontrol.apiserver.k8s.io/FlowSchema': rulesFor<FlowSchema>({
    ...counted,
    validate: flowSchemaErrors,
    endpoints: { status: { validateUpdate: flowSchemaStatusErrors } },
  }),
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration': rulesFor<PriorityLevelConfiguration>({
    ...counted,
    validate: priorityLevelErrors,
    endpoints: { status: { validateUpdate: priorityLevelStatusErrors } },
  }),
  'networking.k8s.io/IPAddress': rulesFor<IPAddress>({
    nameProblems: addressNameProblems,
    validateCreate: ipAddressErrors,
    validateUpdate: ipAddressUpdateErrors,
  }),
  'networking.k8s.io/ServiceCIDR': rulesFor<ServiceCIDR>({
    validateCreate: serviceCidrErrors,
    validateUpdate: serviceCidrUpdateErrors,
  }),
  'networking.k8s.io/Ingress': rulesFor<Ingress>({
    generation: ['spec'],
    validate: ingressErrors,
    validateCreate: ingressCreateErrors,
    warnings: ingressWarnings,
  }),
  'networking.k8s.io/IngressClass': rulesFor<IngressClass>({
    generation: ['spec'],
    validate: ingressClassErrors,
    validateUpdate: ingressClassUpdateErrors,
  }),
  'networking.k8s.io/NetworkPolicy': rulesFor<NetworkPolicy>({
    generation: ['spec'],
    validate: networkPolicyErrors,
    warnings: networkPolicyWarnings,
  }),
  'node.k8s.io/RuntimeClass': rulesFor<RuntimeClass>({
    ...conditional,
    validate: runtimeClassErrors,
    validateUpdate: runtimeClassUpdateErrors,
  }),
  'policy/PodDisruptionBudget': rulesFor<PodDisruptionBudget>({
    ...counted,
    validate: budgetErrors,
    endpoints: { status: { validateUpdate: budgetStatusErrors } },
  }),
  'rbac.authorization.k8s.io/ClusterRole': rulesFor<ClusterRole>({
    ...rbac,
    validate: clusterRoleErrors,
  }),
  'rbac.authorization.k8s.io/ClusterRoleBinding': rulesFor<ClusterRoleBinding>({
    ...rbac,
    validate: clusterRoleBindingErrors,
    validateUpdate: bindingUpdateErrors,
  }),
  'rbac.authorization.k8s.io/Role': rulesFor<Role>({ ...rbac, validate: roleErrors }),
  'rbac.authorization.k8s.io/RoleBinding': rulesFor<RoleBinding>({
    ...rbac,
    validate: roleBindingErrors,
    validateUpdate: bindingUpdateErrors,
  }),
  ...deviceRules,
  'scheduling.k8s.io/PriorityClass': rulesFor<PriorityClass>({
    generation: ['value', 'globalDefault', 'description', 'preemptionPolicy'],
    validateCreate: priorityClassErrors,
    validateUpdate: priorityClassUpdateErrors,
  }),
  ...storageRules,
}

/** Groups that this server serves itself are there at once. */
function startApiService(service: DraftOf<APIService>): void {
  if (service.spec?.service) return
  const since = service.metadata?.creationTimestamp
  const condition = {
    type: 'Available',
    status: 'True',
    reason: 'Local',
    message: 'Local APIServices are always available',
    ...(since && { lastTransitionTime: since }),
  }
  service.status = { conditions: [condition] }
}

type Request = DraftOf<CertificateSigningRequest>

const verdicts = ['Approved', 'Denied']

/** Who signs sets the certificate; whether it is approved is for /approval to say. */
function keepVerdict(next: Request, previous: Request): void {
  next.spec = copyOf(previous.spec)
  const given = previous.status?.conditions?.filter(({ type }) => verdicts.includes(type ?? ''))
  const others = next.status?.conditions?.filter(({ type }) => !verdicts.includes(type ?? ''))
  const conditions = [...copyOf(given ?? []), ...(others ?? [])]
  next.status = { ...next.status }
  if (conditions.length > 0) next.status.conditions = conditions
}

function takeVerdict(next: Request, previous: Request): void {
  next.spec = copyOf(previous.spec)
  const conditions = next.status?.conditions
  next.status = { ...copyOf(previous.status ?? {}), ...(conditions && { conditions }) }
}
