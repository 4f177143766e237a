// What a Pod, or the volume behind its claim, refers to by name. Pure; in: the object as stored or
// as it is about to be. Out: names in the Pod's own namespace.

import type { DraftOf } from '../../api/draft.ts'
import type {
  Container,
  EphemeralContainer,
  PersistentVolume,
  Pod,
  Volume,
} from '../../api/types.gen.ts'

type AnyPod = Pod | DraftOf<Pod>
type AnyVolume = Volume | DraftOf<Volume>
type AnyContainer = Pick<
  DraftOf<Container> | Container | EphemeralContainer | DraftOf<EphemeralContainer>,
  'env' | 'envFrom'
>

export function containersOf({ spec }: AnyPod): readonly AnyContainer[] {
  return [
    ...(spec?.initContainers ?? []),
    ...(spec?.containers ?? []),
    ...(spec?.ephemeralContainers ?? []),
  ]
}

export function secretNames(pod: AnyPod): readonly string[] {
  return present([
    ...(pod.spec?.imagePullSecrets ?? []).map(({ name }) => name),
    ...containersOf(pod).flatMap(({ env = [], envFrom = [] }) => [
      ...envFrom.map(({ secretRef }) => secretRef?.name),
      ...env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name),
    ]),
    ...(pod.spec?.volumes ?? []).flatMap(secretsOfVolume),
  ])
}

function secretsOfVolume(volume: AnyVolume): readonly (string | undefined)[] {
  return [
    volume.azureFile?.secretName,
    volume.cephfs?.secretRef?.name,
    volume.cinder?.secretRef?.name,
    volume.csi?.nodePublishSecretRef?.name,
    volume.flexVolume?.secretRef?.name,
    volume.iscsi?.secretRef?.name,
    ...(volume.projected?.sources ?? []).map(({ secret }) => secret?.name),
    volume.rbd?.secretRef?.name,
    volume.scaleIO?.secretRef?.name,
    volume.secret?.secretName,
    volume.storageos?.secretRef?.name,
  ]
}

export function configMapNames(pod: AnyPod): readonly string[] {
  return present([
    ...containersOf(pod).flatMap(({ env = [], envFrom = [] }) => [
      ...envFrom.map(({ configMapRef }) => configMapRef?.name),
      ...env.map(({ valueFrom }) => valueFrom?.configMapKeyRef?.name),
    ]),
    ...(pod.spec?.volumes ?? []).flatMap(({ configMap, projected }) => [
      configMap?.name,
      ...(projected?.sources ?? []).map((source) => source.configMap?.name),
    ]),
  ])
}

/** Those named, and those made for the Pod from a template. */
export function claimNames({ metadata, spec }: Pod): readonly string[] {
  return present(
    (spec.volumes ?? []).map(({ name, persistentVolumeClaim, ephemeral }) =>
      ephemeral ? `${metadata.name}-${name}` : persistentVolumeClaim?.claimName,
    ),
  )
}

export function resourceClaimNames({ spec, status }: Pod): readonly string[] {
  const made = new Map(
    (status?.resourceClaimStatuses ?? []).map(({ name, resourceClaimName }) => [
      name,
      resourceClaimName,
    ]),
  )
  return present([
    ...(spec.resourceClaims ?? []).map(
      ({ name, resourceClaimName }) => resourceClaimName ?? made.get(name),
    ),
    status?.extendedResourceClaimStatus?.resourceClaimName,
  ])
}

/** Secrets a kubelet needs to mount the volume, as namespace/name. */
export function secretsOfPersistentVolume({ spec }: PersistentVolume): readonly string[] {
  const own = spec.claimRef?.namespace ?? ''
  const named = (reference: { readonly name?: string; readonly namespace?: string } | undefined) =>
    reference?.name && `${reference.namespace ?? own}/${reference.name}`
  const { azureFile, csi } = spec
  return present([
    azureFile && `${azureFile.secretNamespace ?? own}/${azureFile.secretName}`,
    named(spec.cephfs?.secretRef),
    named(spec.cinder?.secretRef),
    named(spec.flexVolume?.secretRef),
    named(spec.iscsi?.secretRef),
    named(spec.rbd?.secretRef),
    named(spec.scaleIO?.secretRef),
    named(spec.storageos?.secretRef),
    named(csi?.nodePublishSecretRef),
    named(csi?.nodeStageSecretRef),
    named(csi?.nodeExpandSecretRef),
  ])
}

function present(names: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(names.filter((name) => name !== undefined))].filter(Boolean)
}
