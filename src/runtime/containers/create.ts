// Makes a container: looks up its image and user, plans its bundle, writes both down.

import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { type ContainerConfig, CriError, type PodSandboxConfig } from '../../cri/cri.ts'
import { NoCommand, planBundle } from '../bundle/plan.ts'
import type { OciDevice, OciSeccomp, OciSpec } from '../bundle/spec.ts'
import { resolveUser, UnknownUser, type UserWish } from '../bundle/user.ts'
import { readFromLayers } from '../images/account-files.ts'
import { findImage } from '../images/find.ts'
import type { ImageConfig } from '../images/image-config.ts'
import type { StoredImage } from '../images/store.ts'
import { bundleSandbox, sandboxOf } from '../sandboxes/sandboxes.ts'
import { type ContainerRecord, nowMs, publish, type World } from '../world.ts'
import { imageVolumeSources } from './image-volumes.ts'

export async function createContainer(
  world: World,
  made: {
    readonly sandboxId: string
    readonly config: ContainerConfig
    readonly sandbox: PodSandboxConfig
  },
): Promise<string> {
  const { sandboxId, config, sandbox } = made
  const owner = sandboxOf(world, sandboxId)
  if (owner.state !== 'READY')
    throw new CriError('FailedPrecondition', `sandbox container "${sandboxId}" is not running`)
  const image = findImage(world.images, config.image.image)
  if (!image)
    throw new CriError('NotFound', `failed to resolve image "${config.image.image}": not found`)
  const imageConfig = await world.images.config(image.id)
  const id = randomBytes(32).toString('hex')
  const record: ContainerRecord = {
    id,
    sandboxId,
    node: owner.node,
    config,
    logPath: `${sandbox.logDirectory}/${config.logPath}`,
    imageId: image.id,
    imageRef: image.digests[0] ?? image.id,
    stopSignal: config.stopSignal || imageConfig.stopSignal || 'SIGTERM',
    user: userOf(world, { config, image, imageConfig }),
    cgroupPath: `${sandbox.cgroupParent}/${id}`,
    resources: config.resources,
    createdAtMs: nowMs(world),
    state: 'CREATED',
    pid: 0,
    startedAtMs: 0,
    finishedAtMs: 0,
    exitCode: 0,
    reason: '',
    message: '',
  }
  const spec = planSpec(world, record, imageConfig)
  const folder = world.containers.folder(id)
  for (const name of ['upper', 'work']) mkdirSync(`${folder}/${name}`, { recursive: true })
  writeFileSync(`${folder}/config.json`, JSON.stringify(spec))
  // Last: a folder without its record is what a failure leaves, and is removed at the next start.
  world.containers.put(record)
  publish(world, 'CONTAINER_CREATED', record)
  return id
}

function userOf(
  world: World,
  from: {
    readonly config: ContainerConfig
    readonly image: StoredImage
    readonly imageConfig: ImageConfig
  },
) {
  const { security } = from.config
  const { folder, names } = world.images.layersOf(from.image)
  const layers = names.map((name) => `${folder}/${name}`)
  const wish: UserWish = {
    supplementalGroups: security.supplementalGroups,
    imageUser: from.imageConfig.user,
    ...(security.runAsUser !== undefined && { uid: security.runAsUser }),
    ...(security.runAsUsername && { username: security.runAsUsername }),
    ...(security.runAsGroup !== undefined && { gid: security.runAsGroup }),
  }
  try {
    return resolveUser(wish, {
      passwd: readFromLayers(layers, '/etc/passwd'),
      group: readFromLayers(layers, '/etc/group'),
    })
  } catch (error) {
    if (error instanceof UnknownUser) throw new CriError('Unknown', containerError(error.message))
    throw error
  }
}

function planSpec(world: World, record: ContainerRecord, image: ImageConfig): OciSpec {
  const { config } = record
  const { cgroups, ids } = world
  const localhostSeccomp = readSeccomp(config)
  try {
    return planBundle({
      config,
      image,
      user: record.user,
      sandbox: targetedSandbox(world, record),
      machine: {
        ids,
        cgroupFolders: cgroups.folders(record.cgroupPath),
        bounding: ownBounding(),
        isMknodHarmless: ids !== 'host' || cgroups.kind === 'v1',
        lowestOomScoreAdj: ids === 'host' ? -1000 : ownOomScoreAdj(),
        ...(localhostSeccomp && { localhostSeccomp }),
      },
      rootfs: `${world.runFolder}/containers/${record.id}/rootfs`,
      devices: config.security.privileged ? allDevices('/dev') : config.devices.map(deviceOf),
      imageVolumes: imageVolumeSources(world, record),
    })
  } catch (error) {
    if (error instanceof NoCommand) throw new CriError('Unknown', containerError(error.message))
    throw error
  }
}

/** With pid TARGET the container joins another one's process namespace, as for debugging. */
function targetedSandbox(world: World, { sandboxId, config }: ContainerRecord) {
  const sandbox = bundleSandbox(world, sandboxOf(world, sandboxId))
  const target = targetIdOf(config)
  if (target === undefined) return sandbox
  const { pid = 0, state } = world.containers.get(target) ?? {}
  if (state !== 'RUNNING')
    throw new CriError('FailedPrecondition', `target container "${target}" is not running`)
  const join = `/proc/${pid}/ns/pid`
  return { ...sandbox, namespaces: { ...sandbox.namespaces, pid: { join } } }
}

function targetIdOf({ security }: ContainerConfig): string | undefined {
  return security.namespaceOptions?.pid === 'TARGET'
    ? security.namespaceOptions.targetId
    : undefined
}

function containerError(message: string): string {
  return `failed to generate container spec: ${message}`
}

function readSeccomp({ security }: ContainerConfig): OciSeccomp | undefined {
  const { type, localhostRef = '' } = security.seccomp ?? {}
  if (type !== 'Localhost') return undefined
  try {
    const profile: OciSeccomp = JSON.parse(readFileSync(localhostRef, 'utf8'))
    return profile
  } catch {
    const message = `failed to generate seccomp spec opts: cannot load seccomp profile "${localhostRef}"`
    throw new CriError('Unknown', message)
  }
}

function ownBounding(): bigint {
  const [, hex = '0'] =
    /^CapBnd:\t([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return BigInt(`0x${hex}`)
}

/** In a user namespace nobody may lower the value that he was given. */
function ownOomScoreAdj(): number {
  return Number(readFileSync('/proc/self/oom_score_adj', 'utf8'))
}

function deviceOf(device: ContainerConfig['devices'][number]): OciDevice {
  const found = readDevice(device.hostPath, device.containerPath)
  if (found) return found
  throw new CriError(
    'Unknown',
    `failed to generate container spec: not a device node: ${device.hostPath}`,
  )
}

/** Device numbers as Linux has them in 64 bits: major 12 bits at 8, minor 8 at 0 and 12 at 20. */
function readDevice(hostPath: string, path: string): OciDevice | undefined {
  const stats = statSync(hostPath, { throwIfNoEntry: false })
  if (!stats || !(stats.isCharacterDevice() || stats.isBlockDevice())) return undefined
  const { rdev, mode, uid, gid } = stats
  return {
    path,
    type: stats.isBlockDevice() ? 'b' : 'c',
    major: (rdev >>> 8) & 0xfff,
    minor: (rdev & 0xff) | ((rdev >>> 12) & 0xfff00),
    fileMode: mode & 0o777,
    uid,
    gid,
  }
}

/** For a privileged container: the machine's devices, but for terminals and shared memory. */
function allDevices(folder: string): readonly OciDevice[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory())
      return ['pts', 'shm', 'fd', 'mqueue'].includes(entry.name) ? [] : allDevices(path)
    if (entry.isSymbolicLink() || ['console', 'ptmx'].includes(entry.name)) return []
    const device = readDevice(path, path)
    return device ? [device] : []
  })
}
