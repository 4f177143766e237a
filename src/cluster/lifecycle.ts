// A cluster's life: up, stop, start, down. Each is safe to run again, and after kill -9 of anything.

import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { removeClusterCgroups } from '../host/cgroup.ts'
import { readCgroupRoots } from '../host/cgroup-mounts.ts'
import { stopFabric } from '../host/fabric.ts'
import { isRunning } from '../host/process-identity.ts'
import { removeTree } from '../host/remove-tree.ts'
import type { Clock } from '../lib/clock.ts'
import type { ClusterConfig } from './config.ts'
import {
  type ClusterFolder,
  clusterFolder,
  clustersFolder,
  isTooDeep,
  machineWideName,
} from './folders.ts'
import { withReasons } from './last-words.ts'
import { acquireLock } from './lock.ts'
import { refuseTakenPorts } from './ports.ts'
import { killIfThere, killProcessesOf } from './processes.ts'
import { startPorter, type Up } from './start-porter.ts'
import {
  type ClusterState,
  type Life,
  lifeOf,
  readJson,
  readState,
  writeJson,
  writeState,
} from './state.ts'
import { UserError } from './user-error.ts'

export interface LifeOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** The porter's program. */
  readonly porterProgram: string
  readonly timeoutMs: number
  readonly onStep: (step: string) => void
}

export interface ClusterView {
  readonly name: string
  readonly folder: ClusterFolder
  readonly config: ClusterConfig
  readonly state: ClusterState
  readonly life: Life
}

const lockTimeoutMs = 30_000

export async function viewCluster(name: string): Promise<ClusterView | undefined> {
  const folder = clusterFolder(name)
  const config = readJson<ClusterConfig>(folder.config)
  if (!config) return undefined
  const state = readState(folder.state)
  return { name, folder, config, state, life: await lifeOf(state) }
}

/** Throws UserError where there is no such cluster. */
export async function requireCluster(name: string): Promise<ClusterView> {
  const view = await viewCluster(name)
  if (view) return view
  throw new UserError(`there is no cluster "${name}" here; sampan up --name ${name} makes it`)
}

export async function listClusters(): Promise<readonly ClusterView[]> {
  const root = clustersFolder()
  const names = existsSync(root) ? readdirSync(root).filter((name) => !name.endsWith('.lock')) : []
  const views = await Promise.all(names.toSorted().map(viewCluster))
  return views.filter((view) => view !== undefined)
}

/** Makes a cluster. When that fails, nothing of it stays. */
export async function upCluster(config: ClusterConfig, options: LifeOptions): Promise<Up> {
  return locked(config.name, options, async (folder) => {
    const existing = await viewCluster(config.name)
    if (existing) throw alreadyThere(existing)
    if (isTooDeep(folder)) {
      throw new UserError(`${folder.root} is too long a path; set SAMPAN_HOME to a shorter one`)
    }
    await refuseTakenPorts(config)
    try {
      mkdirSync(folder.root, { recursive: true, mode: 0o700 })
      writeJson(folder.config, config)
      return await startPorter({ ...options, folder, program: options.porterProgram })
    } catch (error) {
      const explained = withReasons(error, folder.logs)
      await clear(folder, options.clock)
      throw explained
    }
  })
}

/** Runs a stopped cluster, or takes over what a dead porter left running. */
export async function startCluster(name: string, options: LifeOptions): Promise<Up> {
  return locked(name, options, async (folder) => {
    const { config, life, state } = await requireCluster(name)
    if (life === 'running') return { apiServerPort: state.apiServerPort ?? 0 }
    if (life === 'starting') await endPorter(folder, options.clock)
    if (life === 'stopped') {
      await halt(folder, options.clock)
      await refuseTakenPorts(config)
    }
    try {
      return await startPorter({ ...options, folder, program: options.porterProgram })
    } catch (error) {
      await halt(folder, options.clock)
      throw withReasons(error, folder.logs)
    }
  })
}

/** Ends all processes; objects, images and volumes stay. */
export async function stopCluster(
  name: string,
  options: Pick<LifeOptions, 'clock'>,
): Promise<ClusterView> {
  return locked(name, options, async (folder) => {
    const view = await requireCluster(name)
    await halt(folder, options.clock)
    return view
  })
}

/** Resolves to false where there was nothing to remove. */
export async function downCluster(
  name: string,
  options: Pick<LifeOptions, 'clock'>,
): Promise<boolean> {
  return locked(name, options, async (folder) => {
    const wasThere = existsSync(folder.root)
    await clear(folder, options.clock)
    return wasThere
  })
}

async function locked<T>(
  name: string,
  { clock }: { readonly clock: Clock },
  work: (folder: ClusterFolder) => Promise<T>,
): Promise<T> {
  const folder = clusterFolder(name)
  const lock = await acquireLock(`${folder.root}.lock`, { clock, timeoutMs: lockTimeoutMs })
  try {
    return await work(folder)
  } finally {
    lock.release()
  }
}

function alreadyThere({ name, life }: ClusterView): UserError {
  const advice =
    life === 'running' ? `sampan down --name ${name} removes it` : `sampan start --name ${name}`
  return new UserError(`the cluster "${name}" is there already (${life}); ${advice}`)
}

/** The porter first, since it would start the others again; then pid 1 of their world. */
async function halt(folder: ClusterFolder, clock: Clock): Promise<void> {
  const state = readState(folder.state)
  await endPorter(folder, clock)
  if (state.holder) {
    await stopFabric({ holderPid: state.holder.pid, startTime: state.holder.startTime })
  }
  await killProcessesOf(folder.root, clock)
  if (existsSync(folder.root)) {
    writeState(folder.state, {
      wanted: 'stopped',
      parts: {},
      ...(state.apiServerPort && { apiServerPort: state.apiServerPort }),
    })
    for (const socket of [folder.agentSocket, folder.supervisorSocket])
      rmSync(socket, { force: true })
  }
}

async function endPorter(folder: ClusterFolder, clock: Clock): Promise<void> {
  const { porter } = readState(folder.state)
  if (!porter) return
  if (await isRunning(porter.pid, porter.startTime)) killIfThere(porter.pid)
  while (await isRunning(porter.pid, porter.startTime)) await clock.sleep(2)
}

async function clear(folder: ClusterFolder, clock: Clock): Promise<void> {
  await halt(folder, clock)
  await removeClusterCgroups(machineWideName(folder), readCgroupRoots())
  await removeTree(folder.root)
}
