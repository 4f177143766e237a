// The Pods a node may create: mirrors of those it runs from its own files, which refer to nothing
// in the API, lest a node gave itself a way to it.

import type { DraftOf } from '../../api/draft.ts'
import type { Pod } from '../../api/types.gen.ts'
import { configMapNames, secretNames } from '../node/pod-references.ts'
import { type AdmissionRequest, type AdmissionSupport, isMirrorPod, podOf } from './admission.ts'

export async function checkMirrorPod(
  node: string,
  request: AdmissionRequest,
  support: AdmissionSupport,
): Promise<string | undefined> {
  const pod = podOf(request)
  if (!isMirrorPod(pod)) {
    return `pod does not have "kubernetes.io/config.mirror" annotation, node "${node}" can only create mirror pods`
  }
  if (pod.spec?.nodeName !== node) {
    return `node "${node}" can only create pods with spec.nodeName set to itself`
  }
  return (await checkOwner(node, pod, support)) ?? checkReferences(node, pod)
}

async function checkOwner(
  node: string,
  { metadata }: DraftOf<Pod>,
  { cluster }: AdmissionSupport,
): Promise<string | undefined> {
  const owners = metadata?.ownerReferences ?? []
  const [owner] = owners
  if (owners.length > 1) {
    return `node "${node}" can only create pods with a single owner reference set to itself`
  }
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) {
    return `node "${node}" can only create pods with an owner reference set to itself`
  }
  if (!owner.controller) {
    return `node "${node}" can only create pods with a controller owner reference set to itself`
  }
  if (owner.blockOwnerDeletion) {
    return `node "${node}" must not set blockOwnerDeletion on an owner reference`
  }
  const uid = (await cluster.get('Node', { name: node }))?.metadata.uid
  if (uid === undefined) return `node "${node}" not found`
  return owner.uid === uid
    ? undefined
    : `node ${node} UID mismatch: expected ${owner.uid} got ${uid}`
}

function checkReferences(node: string, pod: DraftOf<Pod>): string | undefined {
  const volumes = pod.spec?.volumes ?? []
  const sources = volumes.flatMap(({ projected }) => projected?.sources ?? [])
  const refuse = (what: string) => `node "${node}" can not create pods that reference ${what}`
  if (pod.spec?.serviceAccountName) return refuse('a service account')
  if (secretNames(pod).length > 0) return refuse('secrets')
  if (configMapNames(pod).length > 0) return refuse('configmaps')
  if (sources.some(({ clusterTrustBundle }) => clusterTrustBundle)) {
    return refuse('clustertrustbundles')
  }
  if (volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim)) {
    return refuse('persistentvolumeclaims')
  }
  if (pod.spec?.resourceClaims?.length) return refuse('resourceclaims')
  return undefined
}
