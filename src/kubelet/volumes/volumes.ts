// The volumes of the Pods of a node: made before the sandbox, brought up to date while it runs,
// removed at the end. Directories: <folder>/pods/UID/volumes/TYPE/NAME, as upstream names them.

import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type {
  ConfigMap,
  Pod,
  Secret,
  ServiceAccountTokenProjection,
  Volume,
} from '../../api/types.gen.ts'
import type { RunCommand } from '../../host/command.ts'
import type { FieldContext } from '../env/field-ref.ts'
import type { ObjectReader } from '../objects.ts'
import { writeAtomically } from './atomic-writer.ts'
import { claimedVolume } from './claims.ts'
import { makeEmptyDir, removeDirectory } from './empty-dir.ts'
import { type NodeFiles, resolveHostPath } from './host-path.ts'
import { type Payload, type PayloadObjects, volumePayload, volumeReferences } from './payload.ts'
import { refreshAtMs, type TokenSource } from './tokens.ts'
import { VolumeError } from './volume-error.ts'

export interface MountedVolume {
  /** Where its files are on this machine. Absent: the file system of `image`. */
  readonly path?: string
  readonly image?: string
  readonly readOnly: boolean
}

export interface MountedVolumes {
  readonly volumes: ReadonlyMap<string, MountedVolume>
  /** When a token in them has to be replaced. */
  readonly refreshAtMs?: number
}

export interface PodVolumes {
  /** Makes what is missing and updates what changed; throws VolumeError. Safe to repeat. */
  mount(pod: Pod, allocatable: FieldContext['allocatable']): Promise<MountedVolumes>
  /** Unmounts and removes the Pod's directory. */
  release(podUid: string): Promise<void>
}

export interface VolumeSettings {
  readonly folder: string
  readonly files: NodeFiles
  readonly objects: ObjectReader
  readonly tokens: TokenSource
  readonly run: RunCommand
}

export function createPodVolumes(settings: VolumeSettings): PodVolumes {
  const { folder, tokens, run } = settings
  const written = new Map<string, Payload>()
  return {
    async mount(pod, allocatable) {
      const mounted = new Map<string, MountedVolume>()
      const refreshes: number[] = []
      for (const volume of pod.spec.volumes ?? []) {
        try {
          const made = await mountOne({ settings, written, pod, allocatable }, volume)
          mounted.set(volume.name, made.volume)
          if (made.refreshAtMs) refreshes.push(made.refreshAtMs)
        } catch (error) {
          throw VolumeError.ofVolume(volume.name, error)
        }
      }
      return {
        volumes: mounted,
        ...(refreshes.length > 0 && { refreshAtMs: Math.min(...refreshes) }),
      }
    },
    async release(podUid) {
      const directory = podDirectory(folder, podUid)
      tokens.forget(podUid)
      for (const path of written.keys()) if (path.startsWith(`${directory}/`)) written.delete(path)
      await removeDirectory(join(directory, 'volumes'), run)
    },
  }
}

export function podDirectory(folder: string, podUid: string): string {
  return join(folder, 'pods', podUid)
}

interface Mounting {
  readonly settings: VolumeSettings
  readonly written: Map<string, Payload>
  readonly pod: Pod
  readonly allocatable: FieldContext['allocatable']
}

interface Made {
  readonly volume: MountedVolume
  readonly refreshAtMs?: number
}

async function mountOne(mounting: Mounting, volume: Volume): Promise<Made> {
  const { settings, pod } = mounting
  const { hostPath, image, persistentVolumeClaim } = volume
  const fsGroup = pod.spec.securityContext?.fsGroup
  if (volume.emptyDir) {
    const path = directoryOf(mounting, 'empty-dir', volume.name)
    const { run } = settings
    await makeEmptyDir(path, volume.emptyDir, { run, ...(fsGroup !== undefined && { fsGroup }) })
    return { volume: { path, readOnly: false } }
  }
  if (hostPath) return { volume: await resolveHostPath(hostPath, settings.files) }
  if (image?.reference) return { volume: { image: image.reference, readOnly: true } }
  if (persistentVolumeClaim || volume.ephemeral) {
    const source = await claimedVolume(pod, volume, settings.objects)
    const found = await resolveHostPath(source, settings.files)
    return { volume: { ...found, readOnly: found.readOnly || source.readOnly } }
  }
  return mountPayload(mounting, volume, fsGroup)
}

async function mountPayload(
  mounting: Mounting,
  volume: Volume,
  fsGroup: number | undefined,
): Promise<Made> {
  const { objects, expiry } = await readObjects(mounting, volume)
  const payload = volumePayload(volume, objects)
  if (!payload) {
    const type = Object.keys(volume).find((field) => field !== 'name') ?? 'unknown'
    throw new VolumeError(`volumes of type ${type} are not supported on this node`)
  }
  const path = directoryOf(mounting, payloadType(volume), volume.name)
  if (!isDeepStrictEqual(mounting.written.get(path), payload)) {
    await writeAtomically(path, payload, fsGroup === undefined ? {} : { fsGroup })
    mounting.written.set(path, payload)
  }
  return { volume: { path, readOnly: true }, ...(expiry && { refreshAtMs: expiry }) }
}

function directoryOf({ settings, pod }: Mounting, type: string, name: string): string {
  const directory = podDirectory(settings.folder, pod.metadata.uid ?? '')
  return join(directory, 'volumes', `kubernetes.io~${type}`, name)
}

function payloadType({ configMap, secret, downwardAPI }: Volume): string {
  if (configMap) return 'configmap'
  if (secret) return 'secret'
  return downwardAPI ? 'downward-api' : 'projected'
}

async function readObjects(
  { settings, pod, allocatable }: Mounting,
  volume: Volume,
): Promise<{ readonly objects: PayloadObjects; readonly expiry: number | undefined }> {
  const { namespace = '' } = pod.metadata
  const names = volumeReferences(volume)
  const configMaps = new Map<string, ConfigMap | undefined>()
  const secrets = new Map<string, Secret | undefined>()
  const tokens = new Map<ServiceAccountTokenProjection, string>()
  const expiries: number[] = []
  for (const name of names.configMaps)
    configMaps.set(name, await settings.objects.find('ConfigMap', { namespace, name }))
  for (const name of names.secrets)
    secrets.set(name, await settings.objects.find('Secret', { namespace, name }))
  for (const projection of names.tokens) {
    const issued = await settings.tokens.get(pod, projection)
    tokens.set(projection, issued.token)
    expiries.push(refreshAtMs(issued))
  }
  return {
    objects: {
      configMap: (name) => configMaps.get(name),
      secret: (name) => secrets.get(name),
      token: (projection) => tokens.get(projection) ?? '',
      context: { pod, podIps: [], hostIps: [], allocatable },
    },
    expiry: expiries.length > 0 ? Math.min(...expiries) : undefined,
  }
}
