// The process behind nsenter: it forks to enter a pid namespace and waits for its only child.

import { readFile } from 'node:fs/promises'

/** Undefined where it has none (yet), or the kernel doesn't list children. */
export async function innerPid(wrapperPid: number): Promise<number | undefined> {
  try {
    const children = await readFile(`/proc/${wrapperPid}/task/${wrapperPid}/children`, 'utf8')
    return Number(children.trim().split(' ')[0]) || undefined
  } catch {
    return undefined
  }
}
