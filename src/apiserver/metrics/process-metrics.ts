// What the process uses, under the names that every Prometheus client library gives. In: Linux's
// /proc/self; where there is none, what Node.js knows.

import { readdir, readFile } from 'node:fs/promises'
import type { Family } from './exposition.ts'

export async function processMetrics(): Promise<readonly Family[]> {
  const { user, system } = process.cpuUsage()
  const [virtualBytes, openFiles, mostFiles] = await Promise.all([
    readFile('/proc/self/statm', 'utf8').then(virtualBytesIn, nothing),
    readdir('/proc/self/fd').then(({ length }) => length, nothing),
    readFile('/proc/self/limits', 'utf8').then(mostFilesIn, nothing),
  ])
  const startSeconds = performance.timeOrigin / 1000
  return [
    one('process_cpu_seconds_total', 'counter', 'CPU time, in seconds.', (user + system) / 1e6),
    one('process_resident_memory_bytes', 'gauge', 'Memory in use.', process.memoryUsage.rss()),
    one('process_virtual_memory_bytes', 'gauge', 'Memory that is mapped.', virtualBytes),
    one('process_open_fds', 'gauge', 'Files and sockets that are open.', openFiles),
    one('process_max_fds', 'gauge', 'Most files and sockets that may be open.', mostFiles),
    one('process_start_time_seconds', 'gauge', 'Start, in seconds since 1970.', startSeconds),
  ].filter(({ samples }) => samples.length > 0)
}

function one(name: string, type: Family['type'], help: string, value: number | undefined): Family {
  return { name, type, help, samples: value === undefined ? [] : [{ labels: {}, value }] }
}

const nothing = () => undefined

/** The first of the numbers, in pages of 4 KiB. */
function virtualBytesIn(text: string): number {
  return Number(text.split(' ')[0]) * 4096
}

function mostFilesIn(text: string): number | undefined {
  const found = /^Max open files\s+(\d+)/m.exec(text)
  return found ? Number(found[1]) : undefined
}
