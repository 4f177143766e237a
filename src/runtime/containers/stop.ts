// Ends a container: its stop signal, some time, then SIGKILL.

import { constants } from 'node:os'
import { CriError } from '../../cri/cri.ts'
import type { ContainerRecord, World } from '../world.ts'
import { exitOf } from './exits.ts'

/** After SIGKILL only the kernel can hold a process back. */
const killWaitMs = 10_000

export async function stopContainer(
  world: World,
  id: string,
  timeoutSeconds: number,
): Promise<void> {
  const record = world.containers.get(id)
  if (!record || (record.state !== 'RUNNING' && record.state !== 'STARTING')) return
  const ended = exitOf(world, id)
  if (timeoutSeconds > 0) {
    await signal(world, id, signalNumber(record.stopSignal))
    if (await isBefore(world, ended, timeoutSeconds * 1000)) return
  }
  await kill(world, record)
  if (await isBefore(world, ended, killWaitMs)) return
  await world.cgroups.kill(record.cgroupPath)
  if (await isBefore(world, ended, killWaitMs)) return
  throw new CriError(
    'DeadlineExceeded',
    `an error occurs during waiting for container "${id}" to be killed`,
  )
}

async function kill(world: World, { id }: ContainerRecord): Promise<void> {
  await signal(world, id, constants.signals.SIGKILL)
}

/** A container that has ended meanwhile is what the signal was for. */
async function signal(world: World, id: string, number: number): Promise<void> {
  try {
    await world.supervisor.signal(id, number)
  } catch (error) {
    if (error instanceof CriError && error.code === 'Unavailable') throw error
  }
}

async function isBefore(world: World, ended: Promise<void>, ms: number): Promise<boolean> {
  const stop = new AbortController()
  const isEnded = await Promise.race([
    ended.then(() => true),
    world.clock.sleep(ms, stop.signal).then(
      () => false,
      () => false,
    ),
  ])
  stop.abort()
  return isEnded
}

/** SIGTERM, TERM, 15; real-time signals as SIGRTMIN+3. */
export function signalNumber(name: string): number {
  const upper = name.toUpperCase()
  if (/^\d+$/.test(upper)) return Number(upper)
  const full = upper.startsWith('SIG') ? upper : `SIG${upper}`
  const known = Object.entries(constants.signals).find(([key]) => key === full)?.[1]
  if (known !== undefined) return known
  const realTime = /^SIGRT(MIN|MAX)(?:([+-]\d+))?$/.exec(full)
  if (realTime) return (realTime[1] === 'MIN' ? 34 : 64) + Number(realTime[2] ?? 0)
  return constants.signals.SIGTERM
}
