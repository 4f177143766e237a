// Starts a container: cgroup, then crun under the supervisor. A start that fails leaves a
// container that has exited with StartError and the runtime's own words.

import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { CriError } from '../../cri/cri.ts'
import { standardDevices } from '../../host/cgroup-files.ts'
import { type OverlayPlan, runArgv } from '../../host/crun.ts'
import { propagationOf } from '../bundle/mounts.ts'
import { pidFileMark } from '../streams/spawned.ts'
import { type ContainerRecord, containerOf, nowMs, publish, type World } from '../world.ts'
import { readErrorLog } from './error-log.ts'
import { settleExit } from './exits.ts'
import { imageVolumesOf } from './image-volumes.ts'

export async function startContainer(world: World, id: string): Promise<void> {
  const record = containerOf(world, id)
  if (record.state !== 'CREATED') {
    const state = `CONTAINER_${record.state === 'STARTING' ? 'CREATED' : record.state}`
    throw new CriError('FailedPrecondition', `container "${id}" is in ${state} state`)
  }
  world.containers.put({ ...record, state: 'STARTING' })
  const { cgroups, supervisor } = world
  const { config } = record
  const run = runFolderOf(world, id)
  try {
    mkdirSync(`${run}/rootfs`, { recursive: true })
    const devices = config.security.privileged ? 'all' : standardDevices
    cgroups.create(record.cgroupPath, record.resources, devices)
    const started = await supervisor.start({
      id,
      argv: argvOf(world, record),
      cwd: '/',
      tty: config.tty,
      stdin: config.stdin ? (config.stdinOnce ? 'once' : 'open') : 'none',
      logPath: record.logPath,
      exitPath: exitPathOf(world, id),
    })
    if ('failedWith' in started) throw new CriError('Unknown', startError(world, id))
    markRunning(world, record, started)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    await settleExit(world, id, {
      exitCode: 128,
      finishedAtMs: nowMs(world),
      reason: 'StartError',
      message,
    })
    throw error
  }
}

/** The exit may have come before the answer to the start. */
function markRunning(
  world: World,
  { id }: ContainerRecord,
  started: { readonly pid: number; readonly startedAtMs: number },
): void {
  const current = world.containers.get(id)
  if (current?.state !== 'STARTING') return
  world.containers.put({ ...current, ...started, state: 'RUNNING' })
  publish(world, 'CONTAINER_STARTED', current)
}

function argvOf(world: World, record: ContainerRecord): readonly string[] {
  const run = runFolderOf(world, record.id)
  const folder = world.containers.folder(record.id)
  const image = world.images.byId(record.imageId)
  if (!image) throw new CriError('NotFound', `image ${record.imageId} of the container is gone`)
  const { folder: layersFolder, names } = world.images.layersOf(image)
  const overlay: OverlayPlan = {
    layersFolder,
    layers: names,
    upper: `${folder}/upper`,
    work: `${folder}/work`,
    target: `${run}/rootfs`,
    hasUserXattr: world.ids !== 'host',
  }
  const volumes = imageVolumesOf(world, record).map(({ image: volume, target }) => {
    mkdirSync(target, { recursive: true })
    const { folder: volumeFolder, names: volumeLayers } = world.images.layersOf(volume)
    return {
      ...overlay,
      layersFolder: volumeFolder,
      layers: volumeLayers,
      target,
      isReadonly: true,
    }
  })
  return runArgv(world.crun, {
    id: record.id,
    bundle: folder,
    errorLog: `${run}/error.log`,
    pidFile: pidFileMark,
    joinFiles: world.cgroups.joinFiles(record.cgroupPath),
    overlays: [overlay, ...volumes],
    propagation: propagationOf(record.config.mounts),
  })
}

function startError(world: World, id: string): string {
  const path = `${runFolderOf(world, id)}/error.log`
  const text = existsSync(path) ? readErrorLog(readFileSync(path, 'utf8')) : ''
  return `failed to create containerd task: failed to create shim task: OCI runtime create failed: ${text}`
}

export function runFolderOf(world: World, id: string): string {
  return `${world.runFolder}/containers/${id}`
}

export function exitPathOf(world: World, id: string): string {
  return `${world.containers.folder(id)}/exit.json`
}
