// emptyDir: a directory of the Pod, or memory of a stated size.

import { chmod, mkdir, readFile, rm } from 'node:fs/promises'
import type { EmptyDirVolumeSource } from '../../api/types.gen.ts'
import { check, type RunCommand } from '../../host/command.ts'
import { bytesOf } from '../amounts.ts'
import { setOwnership } from './ownership.ts'

export async function makeEmptyDir(
  path: string,
  source: EmptyDirVolumeSource,
  { run, fsGroup }: { readonly run: RunCommand; readonly fsGroup?: number },
): Promise<void> {
  const isMemory = source.medium === 'Memory'
  const isNew = (await mkdir(path, { recursive: true })) !== undefined
  if (isMemory ? await isMounted(path) : !isNew) return
  if (isMemory) {
    const size = bytesOf(source.sizeLimit)
    const options = ['mode=0777', ...(size > 0 ? [`size=${size}`] : [])].join(',')
    await check(run, ['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', path])
  }
  await chmod(path, 0o777)
  if (fsGroup !== undefined) await setOwnership(path, fsGroup, 'write')
}

export async function isMounted(path: string): Promise<boolean> {
  const table = await readFile('/proc/self/mounts', 'utf8').catch(() => '')
  const written = path.replaceAll('\\', '\\134').replaceAll(' ', '\\040')
  return table.split('\n').some((line) => line.split(' ')[1] === written)
}

/** Unmounts where it is memory, then removes. */
export async function removeDirectory(path: string, run: RunCommand): Promise<void> {
  const table = await readFile('/proc/self/mounts', 'utf8').catch(() => '')
  const below = table
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((mount) => mount === path || mount.startsWith(`${path}/`))
    .toReversed()
  for (const mount of below) await check(run, ['umount', '-l', mount])
  await rm(path, { recursive: true, force: true })
}
