// Defaults of volumes: what a volume without a source is, modes of files, drivers' options.

import type { DraftOf } from '../draft.ts'
import type { PersistentVolumeSpec, Volume } from '../types.gen.ts'
import { pullPolicyFor } from './image.ts'

/** rw-r--r-- */
const defaultMode = 0o644

export function defaultVolume(volume: DraftOf<Volume>): void {
  if (!hasSource(volume)) volume.emptyDir = {}
  if (volume.secret) volume.secret.defaultMode ??= defaultMode
  if (volume.configMap) volume.configMap.defaultMode ??= defaultMode
  if (volume.downwardAPI) defaultDownward(volume.downwardAPI)
  if (volume.projected) defaultProjected(volume.projected)
  if (volume.hostPath) volume.hostPath.type ??= ''
  if (volume.image) volume.image.pullPolicy ??= pullPolicyFor(volume.image.reference ?? '')
  const claim = volume.ephemeral?.volumeClaimTemplate?.spec
  if (claim) claim.volumeMode ??= 'Filesystem'
  if (volume.iscsi) volume.iscsi.iscsiInterface ||= 'default'
  defaultLegacyDrivers(volume)
}

function hasSource(volume: DraftOf<Volume>): boolean {
  return Object.entries(volume).some(([key, value]) => key !== 'name' && value !== undefined)
}

type Downward = NonNullable<DraftOf<Volume>['downwardAPI']>

function defaultDownward(source: Downward): void {
  source.defaultMode ??= defaultMode
  for (const item of source.items ?? []) if (item.fieldRef) item.fieldRef.apiVersion ??= 'v1'
}

function defaultProjected(source: NonNullable<DraftOf<Volume>['projected']>): void {
  source.defaultMode ??= defaultMode
  for (const { serviceAccountToken, downwardAPI } of source.sources ?? []) {
    if (serviceAccountToken) serviceAccountToken.expirationSeconds ??= 3600
    for (const item of downwardAPI?.items ?? [])
      if (item.fieldRef) item.fieldRef.apiVersion ??= 'v1'
  }
}

/** In-tree drivers that Volume and PersistentVolume share. */
type LegacyDrivers = Pick<DraftOf<Volume>, 'azureDisk'> & {
  rbd?:
    | { pool?: string | undefined; user?: string | undefined; keyring?: string | undefined }
    | undefined
  scaleIO?: { storageMode?: string | undefined; fsType?: string | undefined } | undefined
}

function defaultLegacyDrivers({ rbd, azureDisk, scaleIO }: LegacyDrivers): void {
  if (rbd) {
    rbd.pool ||= 'rbd'
    rbd.user ||= 'admin'
    rbd.keyring ||= '/etc/ceph/keyring'
  }
  if (azureDisk) {
    azureDisk.cachingMode ??= 'ReadWrite'
    azureDisk.kind ??= 'Shared'
    azureDisk.fsType ??= 'ext4'
    azureDisk.readOnly ??= false
  }
  if (scaleIO) {
    scaleIO.storageMode ||= 'ThinProvisioned'
    scaleIO.fsType ||= 'xfs'
  }
}

export function defaultPersistentVolumeSource(spec: DraftOf<PersistentVolumeSpec>): void {
  if (spec.hostPath) spec.hostPath.type ??= ''
  if (spec.iscsi) spec.iscsi.iscsiInterface ||= 'default'
  defaultLegacyDrivers(spec)
}
