// What processes use, from /proc: CPU time in ms (a grain of 10 ms), memory in MB.

import { readFileSync } from 'node:fs'

const ticksPerSecond = 100

/** User and system time of these processes, with all their threads. */
export function cpuMs(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // After the name in brackets, which may hold anything: state is field 3, utime 14, stime 15.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(fields[11]) + Number(fields[12])
  })
  return (ticks.reduce((sum, each) => sum + each, 0) * 1000) / ticksPerSecond
}

export interface Memory {
  /** Memory with shared pages counted by their share. */
  readonly pssMb: number
  readonly rssMb: number
  /** The most of rssMb since the start. */
  readonly peakMb: number
}

export function memoryOf(pids: readonly number[]): Memory {
  const sumMb = (file: string, field: string) =>
    pids.reduce((sum, pid) => {
      const text = readFileSync(`/proc/${pid}/${file}`, 'latin1')
      return sum + Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0) / 1024
    }, 0)
  return {
    pssMb: sumMb('smaps_rollup', 'Pss'),
    rssMb: sumMb('status', 'VmRSS'),
    peakMb: sumMb('status', 'VmHWM'),
  }
}
