// ServiceAccount: every Pod runs as one, and finds its token, the cluster's CA and its namespace
// mounted where client libraries look for them.

import type { DraftOf } from '../../api/draft.ts'
import type { Container, Pod, ServiceAccount, Volume } from '../../api/types.gen.ts'
import { nameSuffix, type Random } from '../../lib/random.ts'
import { secretNames } from '../node/pod-references.ts'
import {
  type AdmissionPlugin,
  type AdmissionRequest,
  type AdmissionSupport,
  isAbout,
  isMirrorPod,
  podOf,
  refusal,
} from './admission.ts'
import { isLimited, unlistedEphemeralSecret, unlistedSecret } from './mountable-secrets.ts'

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount'
const volumePrefix = 'kube-api-access-'
const tokenSeconds = 3607

/** A new namespace's default account appears soon after it: tries, and the pause between them. */
const defaultTries = 10
const retryMs = 100

type Spec = NonNullable<DraftOf<Pod>['spec']>

export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  handles: (request) =>
    request.operation === 'CREATE'
      ? isAbout(request, '', 'pods')
      : request.operation === 'UPDATE' && isAbout(request, '', 'pods', 'ephemeralcontainers'),
  async mutate(request, support) {
    const pod = podOf(request)
    if (request.operation !== 'CREATE' || isMirrorPod(pod)) return
    const spec = (pod.spec ??= {})
    spec.serviceAccountName ||= 'default'
    spec.serviceAccount = spec.serviceAccountName
    const account = await findAccount(request, spec.serviceAccountName, support)
    if (isTokenWanted(spec, account)) mountToken(spec, support.random)
    if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length) {
      spec.imagePullSecrets = account.imagePullSecrets.map((secret) => ({ ...secret }))
    }
  },
  async validate(request, support) {
    const pod = podOf(request)
    if (request.operation === 'CREATE' && isMirrorPod(pod)) return checkMirrorPod(request)
    const name = pod.spec?.serviceAccountName
    if (!name) {
      const { namespace } = request
      throw refusal(request, `no service account specified for pod ${namespace}/${request.name}`)
    }
    const account = await findAccount(request, name, support)
    if (!isLimited(account)) return
    const isNew = request.operation === 'CREATE'
    const unlisted = (isNew ? unlistedSecret : unlistedEphemeralSecret)(pod, account)
    if (unlisted) throw refusal(request, unlisted)
  },
}

function checkMirrorPod(request: AdmissionRequest): void {
  const pod = podOf(request)
  const { serviceAccountName, volumes = [] } = pod.spec ?? {}
  if (serviceAccountName) throw refusal(request, 'a mirror pod may not reference service accounts')
  if (secretNames(pod).length > 0) throw refusal(request, 'a mirror pod may not reference secrets')
  const hasToken = volumes.some(({ projected }) =>
    projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken),
  )
  if (hasToken) {
    throw refusal(request, 'a mirror pod may not use ServiceAccountToken volume projections')
  }
}

async function findAccount(
  request: AdmissionRequest,
  name: string,
  { cluster, clock, random }: AdmissionSupport,
): Promise<ServiceAccount> {
  const { namespace } = request
  const tries = name === 'default' ? defaultTries : 1
  for (let left = tries; left > 0; left--) {
    const account = await cluster.get('ServiceAccount', { namespace, name })
    if (account) return account
    if (left > 1) await clock.sleep(retryMs + random.below(retryMs))
  }
  throw refusal(
    request,
    `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
  )
}

/** The Pod's own word counts first, then the account's; without either it gets one. */
function isTokenWanted(spec: Spec, account: ServiceAccount): boolean {
  return spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true
}

function mountToken(spec: Spec, random: Random): void {
  const present = spec.volumes?.find(({ name }) => name?.startsWith(volumePrefix))
  const name = present?.name ?? volumePrefix + nameSuffix(random)
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])]
  const lacking = containers.filter((container) => !hasOwnMount(container))
  for (const container of lacking) {
    const mount = { name, readOnly: true, mountPath }
    container.volumeMounts = [...(container.volumeMounts ?? []), mount]
  }
  if (!present && lacking.length > 0) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)]
}

function hasOwnMount({ volumeMounts = [] }: DraftOf<Container>): boolean {
  return volumeMounts.some((mount) => mount.mountPath === mountPath)
}

function tokenVolume(name: string): DraftOf<Volume> {
  const namespaceField = { apiVersion: 'v1', fieldPath: 'metadata.namespace' }
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: tokenSeconds, path: 'token' } },
        {
          configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] },
        },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: namespaceField }] } },
      ],
      defaultMode: 0o644,
    },
  }
}
