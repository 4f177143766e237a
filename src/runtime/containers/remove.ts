// Takes a container away with all it had: process, record, file system. Logs are the kubelet's.

import { rm } from 'node:fs/promises'
import { publish, type World } from '../world.ts'
import { runFolderOf } from './start.ts'
import { stopContainer } from './stop.ts'

export async function removeContainer(world: World, id: string): Promise<void> {
  const record = world.containers.get(id)
  if (!record) return
  await stopContainer(world, id, 0)
  await world.cgroups.remove(record.cgroupPath)
  await rm(runFolderOf(world, id), { recursive: true, force: true })
  await world.containers.remove(id)
  publish(world, 'CONTAINER_DELETED', record)
}
