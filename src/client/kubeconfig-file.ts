// The kubeconfig file of a user: found, read, and changed in one step that others can't break into.

import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { type KubeContext, readContext } from './kubeconfig.ts'

/** $KUBECONFIG's first file that exists, else its first, else ~/.kube/config. */
export function kubeconfigPath(env: Readonly<Record<string, string | undefined>>): string {
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter(Boolean)
  const home = env['HOME'] || homedir()
  return listed.find((path) => existsSync(path)) ?? listed[0] ?? join(home, '.kube', 'config')
}

export function readKubeconfig(path: string, contextName?: string): KubeContext {
  const text = readFileSync(path, 'utf8')
  // Paths in a kubeconfig are relative to the file itself.
  return readContext(
    text,
    (file) => readFileSync(resolve(dirname(path), file), 'utf8'),
    contextName,
  )
}

/** Others hold the lock for milliseconds: one that is older was left by a process that died. */
const staleLockMs = 5_000

/**
 * Rewrites the file through `change` (given '' where there is none), keeping its mode; a new file
 * is for its owner alone. Holds PATH.lock meanwhile, as kubectl does.
 */
export function changeKubeconfig(path: string, change: (text: string) => string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  const unlock = lock(`${path}.lock`)
  try {
    const isThere = existsSync(path)
    const before = isThere ? readFileSync(path, 'utf8') : ''
    const after = change(before)
    if (after === before) return
    const mode = isThere ? statSync(path).mode & 0o777 : 0o600
    const target = isThere ? realpathSync(path) : path
    const draft = `${target}.${process.pid}.new`
    writeFileSync(draft, after, { mode })
    renameSync(draft, target)
  } finally {
    unlock()
  }
}

function lock(path: string): () => void {
  for (;;) {
    try {
      writeFileSync(path, '', { flag: 'wx', mode: 0 })
      return () => rmSync(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const found = statSync(path, { throwIfNoEntry: false })
    if (found && Date.now() - found.mtimeMs > staleLockMs) rmSync(path, { force: true })
    else pause(20)
  }
}

/** The one place that waits without a promise: a kubeconfig is changed between two awaits. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
