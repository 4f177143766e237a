// fsGroup: a volume's files belong to the Pod's group, which may read or write them.

import { chmod, lchown, lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

const masks = { read: 0o440, write: 0o660 } as const
const directoryMask = 0o110
const setGroupId = 0o2000

export async function setOwnership(
  path: string,
  group: number,
  access: keyof typeof masks,
): Promise<void> {
  const { mode, uid } = await lstat(path).then((stat) => ({ mode: stat.mode, uid: stat.uid }))
  const kind = mode & 0o170000
  try {
    await lchown(path, uid, group)
  } catch (error) {
    // A group outside of the namespace's map cannot be given; the modes still can.
    if (!isRefusal(error)) throw error
  }
  if (kind === 0o120000) return
  const isDirectory = kind === 0o040000
  const extra = masks[access] | (isDirectory ? directoryMask | setGroupId : 0)
  await chmod(path, (mode & 0o7777) | extra)
  if (isDirectory)
    for (const name of await readdir(path)) await setOwnership(join(path, name), group, access)
}

function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['EPERM', 'EINVAL'].includes(`${error.code}`)
}
