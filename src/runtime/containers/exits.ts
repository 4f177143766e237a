// What happens when a container has ended, however we hear of it: from the supervisor, from a
// file that it left, or because nobody knows of the container any more.

import { existsSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { ExitRecord } from '../supervisor/protocol.ts'
import { type ContainerRecord, nowMs, publish, type World } from '../world.ts'
import { killProcessesOf } from './processes.ts'
import { exitPathOf, runFolderOf } from './start.ts'

export interface Exit {
  readonly exitCode: number
  readonly finishedAtMs: number
  readonly reason?: string
  readonly message?: string
}

/** Writes the exit down, frees what the container held, tells who waits. Safe to repeat. */
export async function settleExit(world: World, id: string, exit: Exit): Promise<void> {
  const record = world.containers.get(id)
  if (!record || record.state === 'EXITED') return
  const { exitCode, finishedAtMs, message = '' } = exit
  const reason = exit.reason ?? reasonOf(world, record, exitCode)
  // The agent ended between the start and its answer: this is as near as is known.
  const startedAtMs =
    record.state === 'STARTING' && reason !== 'StartError' ? record.createdAtMs : record.startedAtMs
  world.containers.put({
    ...record,
    startedAtMs,
    state: 'EXITED',
    exitCode,
    finishedAtMs,
    reason,
    message,
  })
  for (const wake of world.enders.get(id) ?? []) wake()
  world.enders.delete(id)
  publish(world, 'CONTAINER_STOPPED', record)
  if (world.cgroups.kind === 'none' && sharesProcesses(world, record)) killProcessesOf(id)
  await Promise.all([
    world.cgroups.remove(record.cgroupPath),
    rm(runFolderOf(world, id), { recursive: true, force: true }),
  ])
}

function sharesProcesses(world: World, { sandboxId, config }: ContainerRecord): boolean {
  const { namespaceOptions } = config.security
  const ofSandbox = world.sandboxes.get(sandboxId)?.config.namespaceOptions.pid
  return (namespaceOptions?.pid ?? ofSandbox) !== 'CONTAINER' || ofSandbox !== 'CONTAINER'
}

export async function onExitRecord(world: World, id: string, exit: ExitRecord): Promise<void> {
  await settleExit(world, id, exit.isLost ? { ...exit, ...lost } : exit)
}

const lost = {
  reason: 'ContainerStatusUnknown',
  message: 'The process that supervised the container ended, and the container with it',
}

function reasonOf(world: World, { cgroupPath }: ContainerRecord, exitCode: number): string {
  if (world.cgroups.oomKills(cgroupPath) > 0) return 'OOMKilled'
  return exitCode === 0 ? 'Completed' : 'Error'
}

/** Brings records and the supervisor together, after a start of either. */
export async function recoverContainers(world: World): Promise<void> {
  const unsure = world.containers.all().filter(isUnderSupervisor)
  const { running } = await world.supervisor.list()
  const pids = new Map(running.map(({ id, pid }) => [id, pid]))
  for (const { id } of unsure) {
    const record = world.containers.get(id)
    if (!record || !isUnderSupervisor(record)) continue
    const pid = pids.get(id)
    if (pid === undefined) await settleFromFile(world, id)
    else if (record.state === 'STARTING')
      world.containers.put({ ...record, state: 'RUNNING', pid, startedAtMs: record.createdAtMs })
  }
  for (const id of pids.keys())
    if (!world.containers.get(id)) await world.supervisor.signal(id, 9).catch(() => {})
}

function isUnderSupervisor({ state }: ContainerRecord): boolean {
  return state === 'RUNNING' || state === 'STARTING'
}

async function settleFromFile(world: World, id: string): Promise<void> {
  const path = exitPathOf(world, id)
  const left: ExitRecord = existsSync(path)
    ? JSON.parse(readFileSync(path, 'utf8'))
    : { exitCode: 137, finishedAtMs: nowMs(world), isLost: true }
  await onExitRecord(world, id, left)
}

/** Resolves when the container has ended; at once where it does not run. */
export function exitOf(world: World, id: string): Promise<void> {
  const record = world.containers.get(id)
  if (!record || !isUnderSupervisor(record)) return Promise.resolve()
  return new Promise((resolve) => {
    const waiting = world.enders.get(id) ?? new Set()
    waiting.add(resolve)
    world.enders.set(id, waiting)
  })
}
