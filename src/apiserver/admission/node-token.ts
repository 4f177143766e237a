// The tokens a node may ask for: those of its own Pods, for an audience that the Pod's volumes or
// their drivers ask for, or that a role lets it ask for.

import { draftAs } from '../../api/draft.ts'
import type { Pod, TokenRequest } from '../../api/types.gen.ts'
import { notFound } from '../registry/errors.ts'
import type { AdmissionRequest, AdmissionSupport } from './admission.ts'

export async function checkNodeToken(
  node: string,
  request: AdmissionRequest,
  support: AdmissionSupport,
): Promise<string | undefined> {
  const { operation, subresource, namespace, object } = request
  if (operation !== 'CREATE' || subresource !== 'token') return undefined
  const { boundObjectRef: bound, audiences } = draftAs<TokenRequest>(object ?? {}).spec ?? {}
  if (bound?.apiVersion !== 'v1' || bound.kind !== 'Pod' || !bound.name) {
    return 'node requested token not bound to a pod'
  }
  if (!bound.uid) return 'node requested token with a pod binding without a uid'
  const pod = await support.cluster.get('Pod', { namespace, name: bound.name })
  if (!pod) throw notFound({ group: '', plural: 'pods' }, bound.name)
  if (bound.uid !== pod.metadata.uid) {
    return `the UID in the bound object reference (${bound.uid}) does not match the UID in record. The object might have been deleted and then recreated`
  }
  if (pod.spec.nodeName !== node) {
    return 'node requested token bound to a pod scheduled on a different node'
  }
  const [audience = '', ...others] = audiences ?? []
  if (others.length > 0) return 'node may only request 0 or 1 audiences'
  return checkAudience(audience, request, { pod, support })
}

async function checkAudience(
  audience: string,
  { user, namespace, name }: AdmissionRequest,
  { pod, support }: { readonly pod: Pod; readonly support: AdmissionSupport },
): Promise<string | undefined> {
  const sources = (pod.spec.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? [])
  const isProjected = sources.some(
    ({ serviceAccountToken: token }) => token && (token.audience ?? '') === audience,
  )
  if (isProjected) return undefined
  for (const driver of await driversOf(pod, support)) {
    const found = await support.cluster.get('CSIDriver', { name: driver })
    if (found?.spec.tokenRequests?.some((wanted) => wanted.audience === audience)) return undefined
  }
  const asked = { verb: 'request-serviceaccounts-token-audience', resource: audience }
  const more = { group: '', subresource: '', namespace, name, isResourceRequest: true, path: '' }
  if (support.authorize?.(user, { ...asked, ...more }).allowed) return undefined
  return `audience ${JSON.stringify(audience)} not found in pod spec volume, ${user.name} is not authorized to request tokens for this audience`
}

/** Of volumes in the Pod and behind its claims. */
async function driversOf(pod: Pod, { cluster }: AdmissionSupport): Promise<readonly string[]> {
  const { namespace = '', name: podName } = pod.metadata
  const drivers = new Set<string>()
  for (const { name, csi, ephemeral, persistentVolumeClaim } of pod.spec.volumes ?? []) {
    if (csi) drivers.add(csi.driver)
    const claimName = ephemeral ? `${podName}-${name}` : persistentVolumeClaim?.claimName
    if (!claimName) continue
    const claim = await cluster.get('PersistentVolumeClaim', { namespace, name: claimName })
    const volumeName = claim?.spec?.volumeName
    if (!volumeName) continue
    const volume = await cluster.get('PersistentVolume', { name: volumeName })
    if (volume?.spec.csi) drivers.add(volume.spec.csi.driver)
  }
  return [...drivers]
}
