// Writes a volume's files so that a reader sees the old ones or the new ones, never a mixture.
// Layout, as upstream's: ..data -> ..TIMESTAMP (a directory with the files), and for each file's
// first path element a link  name -> ..data/name.

import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setOwnership } from './ownership.ts'
import type { Payload } from './payload.ts'

export interface WriteOptions {
  readonly fsGroup?: number
}

/** Replaces what `directory` shows by `payload`. */
export async function writeAtomically(
  directory: string,
  payload: Payload,
  { fsGroup }: WriteOptions = {},
): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o755 })
  const old = await readlink(join(directory, '..data')).catch(() => undefined)
  const fresh = await mkdtemp(join(directory, `..${timestamp()}.`))
  await chmod(fresh, 0o755)
  for (const [path, { data, mode }] of payload) {
    const file = join(fresh, path)
    await mkdir(dirname(file), { recursive: true, mode: 0o755 })
    await writeFile(file, data)
    // The umask of the agent must not show in what the user asked for.
    await chmod(file, mode)
  }
  if (fsGroup !== undefined) await setOwnership(fresh, fsGroup, 'read')
  await pointTo(directory, fresh)
  await linkNames(directory, payload)
  if (fsGroup !== undefined) await setOwnership(directory, fsGroup, 'read')
  if (old) await rm(join(directory, old), { recursive: true, force: true })
}

async function pointTo(directory: string, fresh: string): Promise<void> {
  const link = join(directory, '..data_tmp')
  await rm(link, { force: true })
  await symlink(fresh.slice(directory.length + 1), link)
  await rename(link, join(directory, '..data'))
}

async function linkNames(directory: string, payload: Payload): Promise<void> {
  const wanted = new Set([...payload.keys()].map((path) => path.split('/')[0] ?? path))
  const present = (await readdir(directory)).filter((name) => !name.startsWith('..'))
  for (const name of wanted)
    if (!present.includes(name)) await symlink(join('..data', name), join(directory, name))
  for (const name of present)
    if (!wanted.has(name) && (await isOurs(join(directory, name))))
      await rm(join(directory, name), { force: true })
}

async function isOurs(path: string): Promise<boolean> {
  return (await lstat(path)).isSymbolicLink()
}

function timestamp(): string {
  return new Date().toISOString().slice(0, 19).replace(/[-T:]/g, '_')
}
