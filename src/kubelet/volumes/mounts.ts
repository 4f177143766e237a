// The mounts of a container: its volumeMounts on the Pod's mounted volumes, subPaths resolved and
// kept inside their volume.

import { mkdir, realpath } from 'node:fs/promises'
import { isAbsolute, join, normalize } from 'node:path'
import type { Container, VolumeMount } from '../../api/types.gen.ts'
import type { Mount } from '../../cri/cri.ts'
import { ConfigError } from '../containers/config-error.ts'
import { expand, unknownName } from '../env/expand.ts'
import type { MountedVolume } from './volumes.ts'

type Env = Readonly<Record<string, string>>

export async function containerMounts(
  { volumeMounts = [] }: Container,
  volumes: ReadonlyMap<string, MountedVolume>,
  env: Env,
): Promise<readonly Mount[]> {
  const mounts: Mount[] = []
  for (const wanted of volumeMounts) {
    const volume = volumes.get(wanted.name)
    if (!volume) throw new ConfigError(`cannot find volume "${wanted.name}" to mount`)
    mounts.push(await mountOf(wanted, volume, env))
  }
  return mounts
}

async function mountOf(wanted: VolumeMount, volume: MountedVolume, env: Env): Promise<Mount> {
  const { mountPath, mountPropagation, readOnly = false, recursiveReadOnly } = wanted
  const subPath = subPathOf(wanted, env)
  const containerPath = isAbsolute(mountPath) ? mountPath : join('/', mountPath)
  const propagation =
    mountPropagation === 'Bidirectional'
      ? 'BIDIRECTIONAL'
      : mountPropagation === 'HostToContainer'
        ? 'HOST_TO_CONTAINER'
        : 'PRIVATE'
  return {
    containerPath,
    ...(volume.image !== undefined && { image: { image: volume.image } }),
    ...(volume.path !== undefined && {
      hostPath: subPath ? await inside(volume.path, subPath, wanted.name) : volume.path,
    }),
    readonly: readOnly || volume.readOnly,
    ...(recursiveReadOnly === 'Enabled' && { recursiveReadOnly: true }),
    propagation,
  }
}

/** Pure: subPath as written, or subPathExpr with the container's variables. */
export function subPathOf({ subPath, subPathExpr }: VolumeMount, env: Env): string | undefined {
  if (!subPathExpr) return checked(subPath)
  if (unknownName(subPathExpr, env) !== undefined)
    throw new ConfigError(`missing value for "${unknownName(subPathExpr, env)}"`)
  return checked(expand(subPathExpr, (name) => env[name]))
}

function checked(path: string | undefined): string | undefined {
  if (!path) return undefined
  if (isAbsolute(path))
    throw new ConfigError(`error SubPath \`${path}\` must not be an absolute path`)
  if (path.split('/').includes('..'))
    throw new ConfigError(`unable to provision SubPath \`${path}\`: must not contain '..'`)
  return normalize(path)
}

/** A link inside a volume must not lead the mount out of it. */
async function inside(volumePath: string, subPath: string, name: string): Promise<string> {
  const path = join(volumePath, subPath)
  const root = await realpath(volumePath)
  const real = await realpath(path).catch(async () => {
    await mkdir(path, { recursive: true })
    return realpath(path)
  })
  if (real !== root && !real.startsWith(`${root}/`))
    throw new ConfigError(
      `failed to prepare subPath for volumeMount "${name}": subpath "${subPath}" leads out of its volume`,
    )
  return real
}
