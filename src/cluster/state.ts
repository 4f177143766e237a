// What runs of a cluster, as its porter last wrote it: state.json. Whoever reads it asks the
// kernel whether the processes named there still are the same ones.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { isRunning } from '../host/process-identity.ts'

/** A pid alone may be another process by now. */
export interface ProcessMark {
  readonly pid: number
  readonly startTime: number
}

export type PartName = 'control-plane' | 'agent' | 'supervisor'

export interface PartState extends ProcessMark {
  readonly restarts: number
  readonly isReady: boolean
}

export interface ClusterState {
  /** What the user last asked for. */
  readonly wanted: 'running' | 'stopped'
  readonly porter?: ProcessMark
  readonly holder?: ProcessMark
  /** Which user ids exist in the fabric (FabricIds). */
  readonly ids?: 'host' | 'range' | 'single'
  readonly parts: { readonly [part in PartName]?: PartState }
  /** Port of the API server on the host; kept over a stop where it is still free. */
  readonly apiServerPort?: number
}

export const emptyState: ClusterState = { wanted: 'stopped', parts: {} }

export function readState(path: string): ClusterState {
  return readJson<ClusterState>(path) ?? emptyState
}

export function writeState(path: string, state: ClusterState): void {
  writeJson(path, state)
}

/** Undefined where there is no such file, or a torn one. */
export function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T
  } catch {
    return undefined
  }
}

/** Whole or not at all. */
export function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(`${path}.new`, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

export type Life = 'running' | 'starting' | 'stopped' | 'broken'

/**
 * running: all parts are up. starting: the porter is at work. stopped: nothing runs.
 * broken: something runs, but not the porter that looks after it.
 */
export async function lifeOf(state: ClusterState): Promise<Life> {
  const alive = async (mark?: ProcessMark) => !!mark && (await isRunning(mark.pid, mark.startTime))
  if (!(await alive(state.porter))) return (await alive(state.holder)) ? 'broken' : 'stopped'
  const parts = [state.parts['control-plane'], state.parts.agent]
  const ready = await Promise.all(parts.map(async (part) => part?.isReady && (await alive(part))))
  return ready.every(Boolean) ? 'running' : 'starting'
}
