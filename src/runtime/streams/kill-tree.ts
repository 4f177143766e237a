// Ends a process with all that descend from it.

import { readFileSync } from 'node:fs'

/** Children are found before their parents die, when they would become someone else's. */
export function killTree(pid: number): void {
  const tree = treeOf(pid)
  for (const one of tree)
    try {
      process.kill(one, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
}

function treeOf(pid: number): readonly number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)]
}

function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return text.trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
