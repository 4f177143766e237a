// The processes of a container where no cgroup lists them: they see its root file system, whose
// upper folder has the container's id in its path, and nobody else does.

import { readdirSync, readFileSync } from 'node:fs'

export function processesOf(id: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => mountsOf(pid).includes(`/containers/${id}/upper`))
}

function mountsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
  } catch {
    return ''
  }
}

/** With a process namespace of its own a container's processes end with its first. */
export function killProcessesOf(id: string): void {
  for (const pid of processesOf(id))
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended by itself meanwhile.
    }
}
