// hostPath: a path of the node. A node is a process's view, so its paths are, in this order: the
// mounts its configuration names, what was made for this node before, the machine's own files,
// and for all else a directory kept for this node.

import { access, mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { HostPathVolumeSource } from '../../api/types.gen.ts'
import { VolumeError } from './volume-error.ts'

export interface NodeMount {
  readonly hostPath: string
  readonly containerPath: string
  readonly readOnly: boolean
}

export interface NodeFiles {
  readonly mounts: readonly NodeMount[]
  /** The directory of paths that exist on this node only. */
  readonly root: string
}

export interface HostPath {
  readonly path: string
  readonly readOnly: boolean
}

/** The mount that holds `path`, translated; the deepest wins. Pure. */
export function throughMounts(path: string, mounts: readonly NodeMount[]): HostPath | undefined {
  const holds = ({ containerPath }: NodeMount) =>
    path === containerPath || path.startsWith(`${containerPath.replace(/\/$/, '')}/`)
  const [deepest] = mounts
    .filter(holds)
    .toSorted((a, b) => b.containerPath.length - a.containerPath.length)
  if (!deepest) return undefined
  const rest = path.slice(deepest.containerPath.length)
  return { path: join(deepest.hostPath, rest), readOnly: deepest.readOnly }
}

export async function resolveHostPath(
  { path, type = '' }: HostPathVolumeSource,
  { mounts, root }: NodeFiles,
): Promise<HostPath> {
  const found = throughMounts(path, mounts) ?? (await ownOrMachine(path, root))
  await satisfy(found.path, path, type)
  return found
}

async function ownOrMachine(path: string, root: string): Promise<HostPath> {
  const own = join(root, path)
  const isOnMachine = !(await exists(own)) && (await exists(path))
  return { path: isOnMachine ? path : own, readOnly: false }
}

async function satisfy(real: string, shown: string, type: string): Promise<void> {
  if (type === 'DirectoryOrCreate') {
    if (!(await exists(real))) await mkdir(real, { recursive: true, mode: 0o755 })
  } else if (type === 'FileOrCreate') {
    if (!(await exists(real))) {
      if (!(await exists(dirname(real)))) await mkdir(dirname(real), { recursive: true })
      await writeFile(real, '', { mode: 0o644 })
    }
  } else if (type === '') {
    // The runtime makes what is missing, as upstream's do.
    if (!(await exists(real))) await mkdir(real, { recursive: true, mode: 0o755 })
    return
  }
  const wanted = type.replace('OrCreate', '')
  const is = await stat(real).catch(() => undefined)
  const isRight = {
    Directory: is?.isDirectory(),
    File: is?.isFile(),
    Socket: is?.isSocket(),
    CharDevice: is?.isCharacterDevice(),
    BlockDevice: is?.isBlockDevice(),
  }[wanted]
  if (!isRight)
    throw new VolumeError(
      `hostPath type check failed: ${shown} is not a ${words[wanted] ?? wanted}`,
    )
}

const words: Readonly<Record<string, string>> = {
  Directory: 'directory',
  File: 'file',
  Socket: 'socket file',
  CharDevice: 'character device',
  BlockDevice: 'block device',
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
