// NodeRestriction: what a node writes is about itself. Its Node without taints and foreign labels,
// its Lease and CSINode, the status of its Pods, mirror Pods, tokens for its Pods.

import { asDraft, type Draft, type DraftOf, draftAs, isSameMeaning } from '../../api/draft.ts'
import { mayKubeletSet } from '../../api/kubelet-labels.ts'
import type {
  CertificateSigningRequest,
  Lease,
  Node,
  PersistentVolumeClaim,
  Pod,
  ResourceSlice,
} from '../../api/types.gen.ts'
import { decodeCertificateRequest } from '../../wire/pkcs10.ts'
import { nodeNameOf } from '../node/node-identity.ts'
import {
  type AdmissionPlugin,
  type AdmissionRequest,
  type AdmissionSupport,
  refusal,
} from './admission.ts'
import { checkMirrorPod } from './node-mirror-pod.ts'
import { checkNodeToken } from './node-token.ts'

/** Undefined when the node may, else why not. */
type Check = (
  node: string,
  request: AdmissionRequest,
  support: AdmissionSupport,
) => string | undefined | Promise<string | undefined>

/** By group/resource. */
const checks: Readonly<Record<string, Check>> = {
  '/pods': checkPod,
  '/nodes': checkNode,
  '/persistentvolumeclaims': checkClaim,
  '/serviceaccounts': checkNodeToken,
  'coordination.k8s.io/leases': (node, { name, namespace, object }) => {
    if (namespace !== 'kube-node-lease')
      return 'can only access leases in the "kube-node-lease" system namespace'
    const own = name || draftAs<Lease>(object ?? {}).metadata?.name
    if (own !== node) return 'can only access node lease with the same name as the requesting node'
    return undefined
  },
  'storage.k8s.io/csinodes': (node, { name, object }) => {
    const own = name || draftAs<Node>(object ?? {}).metadata?.name
    if (own !== node) return 'can only access CSINode with the same name as the requesting node'
    return undefined
  },
  'resource.k8s.io/resourceslices': (node, { operation, object, old }) => {
    if (operation === 'UPDATE') return undefined
    const slice = draftAs<ResourceSlice>(object ?? asDraft(old ?? {}))
    if ((slice.spec?.nodeName ?? '') !== node)
      return 'can only access ResourceSlice with the same NodeName as the requesting node'
    return undefined
  },
  'certificates.k8s.io/certificatesigningrequests': checkCertificateRequest,
}

export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  handles: ({ operation, user }) => operation !== 'CONNECT' && nodeNameOf(user) !== undefined,
  async mutate(request, support) {
    const node = nodeNameOf(request.user)
    if (!node) {
      const who = JSON.stringify(request.user.name)
      throw refusal(request, `could not determine node from user ${who}`)
    }
    const { group, plural } = request.resource.entry
    const problem = await checks[`${group}/${plural}`]?.(node, request, support)
    if (problem) throw refusal(request, problem)
  },
}

function unexpected(operation: string): string {
  return `unexpected operation ${JSON.stringify(operation)}`
}

function checkPod(node: string, request: AdmissionRequest, support: AdmissionSupport) {
  switch (request.subresource) {
    case '':
      return checkOwnPod(node, request, support)
    case 'status':
      return checkPodStatus(node, request)
    case 'eviction':
      return checkEviction(node, request, support)
    default: {
      const what = JSON.stringify(request.subresource)
      return `unexpected pod subresource ${what}, only 'status' and 'eviction' are allowed`
    }
  }
}

function checkOwnPod(node: string, request: AdmissionRequest, support: AdmissionSupport) {
  const { operation, old } = request
  if (operation === 'CREATE') return checkMirrorPod(node, request, support)
  if (operation !== 'DELETE') {
    return `${unexpected(operation)}, node "${node}" can only create and delete mirror pods`
  }
  const { spec } = draftAs<Pod>(asDraft(old ?? {}))
  if (spec?.nodeName === node) return undefined
  return `node "${node}" can only delete pods with spec.nodeName set to itself`
}

function checkPodStatus(node: string, { operation, object, old }: AdmissionRequest) {
  if (operation !== 'UPDATE') return unexpected(operation)
  const before = draftAs<Pod>(asDraft(old ?? {}))
  const after = draftAs<Pod>(object ?? {})
  if (before.spec?.nodeName !== node) {
    return `node "${node}" can only update pod status for pods with spec.nodeName set to itself`
  }
  if (!isSameMeaning(before.metadata?.labels, after.metadata?.labels)) {
    return `node "${node}" cannot update labels through pod status`
  }
  const { status: was = {} } = before
  const { status: is = {} } = after
  if (!isSameMeaning(was.resourceClaimStatuses, is.resourceClaimStatuses)) {
    return `node "${node}" cannot update resource claim statues`
  }
  if (!isSameMeaning(was.extendedResourceClaimStatus, is.extendedResourceClaimStatus)) {
    return `node "${node}" cannot update extended resource claim statues`
  }
  return undefined
}

async function checkEviction(
  node: string,
  { operation, namespace, name }: AdmissionRequest,
  { cluster }: AdmissionSupport,
) {
  if (operation !== 'CREATE') return `unexpected operation ${operation}`
  const pod = await cluster.get('Pod', { namespace, name })
  // One that is gone is told by the eviction itself.
  if (!pod || pod.spec.nodeName === node) return undefined
  return `node ${node} can only evict pods with spec.nodeName set to itself`
}

function checkNode(node: string, { operation, name, object, old }: AdmissionRequest) {
  const after = draftAs<Node>(object ?? {})
  const requested = name || after.metadata?.name || ''
  if (requested !== node) return `node "${node}" is not allowed to modify node "${requested}"`
  if (operation === 'CREATE') {
    if (after.spec?.configSource) {
      return `node "${node}" is not allowed to create pods with a non-nil configSource`
    }
    const labels = forbiddenLabels(after.metadata?.labels, {})
    return labels && `node "${node}" is not allowed to set the following labels: ${labels}`
  }
  if (operation !== 'UPDATE') return undefined
  const before = draftAs<Node>(asDraft(old ?? {}))
  const source = after.spec?.configSource
  if (source && !isSameMeaning(source, before.spec?.configSource)) {
    return `node "${node}" is not allowed to update configSource to a new non-nil configSource`
  }
  if (!isSameMeaning(after.spec?.taints, before.spec?.taints)) {
    return `node "${node}" is not allowed to modify taints`
  }
  const labels = forbiddenLabels(after.metadata?.labels, before.metadata?.labels)
  return labels && `is not allowed to modify labels: ${labels}`
}

type Labels = Readonly<Record<string, string | undefined>>

/** Undefined when only labels differ that a kubelet may set. */
function forbiddenLabels(after: Labels = {}, before: Labels = {}): string | undefined {
  const changed = Object.keys({ ...after, ...before }).filter((key) => after[key] !== before[key])
  const forbidden = changed.filter((key) => !mayKubeletSet(key)).sort()
  return forbidden.length > 0 ? forbidden.join(', ') : undefined
}

function checkClaim(node: string, { operation, subresource, object, old }: AdmissionRequest) {
  if (subresource !== 'status') return 'may only update PVC status'
  if (operation !== 'UPDATE') return unexpected(operation)
  if (isSameMeaning(withoutResizing(object ?? {}), withoutResizing(asDraft(old ?? {})))) {
    return undefined
  }
  return `node "${node}" is not allowed to update fields other than status.capacity and status.conditions`
}

/** A claim without what a kubelet says of its growth. */
function withoutResizing(claim: Draft): object {
  const { metadata, status, ...rest }: DraftOf<PersistentVolumeClaim> = draftAs(claim)
  const { resourceVersion: _, managedFields: __, ...named } = metadata ?? {}
  const { capacity, conditions, allocatedResources, allocatedResourceStatuses, ...kept } =
    status ?? {}
  return { ...rest, metadata: named, status: kept }
}

const nodeSigners = ['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet']

function checkCertificateRequest(node: string, { operation, object }: AdmissionRequest) {
  if (operation !== 'CREATE') return undefined
  const { spec } = draftAs<CertificateSigningRequest>(object ?? {})
  if (!nodeSigners.includes(spec?.signerName ?? '')) return undefined
  const pem = Buffer.from(spec?.request ?? '', 'base64').toString()
  try {
    if (decodeCertificateRequest(pem).commonName === `system:node:${node}`) return undefined
  } catch (error) {
    return `unable to parse csr: ${error instanceof Error ? error.message : String(error)}`
  }
  return `can only create a node CSR with CN=system:node:${node}`
}
