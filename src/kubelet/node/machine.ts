// What the machine says of itself, read once and as it changes: the node's facts.

import { createHash } from 'node:crypto'
import { readFile, statfs } from 'node:fs/promises'
import { arch, availableParallelism, release, totalmem } from 'node:os'

export interface MachineFacts {
  readonly cpus: number
  readonly memoryBytes: number
  readonly diskBytes: number
  readonly kernelVersion: string
  readonly osImage: string
  readonly architecture: string
  readonly bootId: string
  /** One machine may be several nodes: theirs are made from its own id and their names. */
  readonly machineId: string
  readonly systemUuid: string
}

export interface MachineUse {
  readonly memoryAvailableBytes: number
  readonly diskAvailableBytes: number
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }

export async function readMachine(node: string, folder: string): Promise<MachineFacts> {
  const read = (path: string) => readFile(path, 'utf8').catch(() => '')
  const [osRelease, bootId, machineId, disk] = await Promise.all([
    read('/etc/os-release'),
    read('/proc/sys/kernel/random/boot_id'),
    read('/etc/machine-id'),
    statfs(folder),
  ])
  const digest = createHash('sha256').update(`${machineId.trim()} ${node}`).digest('hex')
  return {
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    diskBytes: disk.blocks * disk.bsize,
    kernelVersion: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(osRelease)?.[1] ?? 'Linux',
    architecture: architectures[arch()] ?? arch(),
    bootId: bootId.trim(),
    machineId: digest.slice(0, 32),
    systemUuid: uuidOf(digest.slice(32)),
  }
}

export async function readMachineUse(folder: string): Promise<MachineUse> {
  const [meminfo, disk] = await Promise.all([readFile('/proc/meminfo', 'utf8'), statfs(folder)])
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1] ?? '0'
  return {
    memoryAvailableBytes: Number(available) * 1024,
    diskAvailableBytes: disk.bavail * disk.bsize,
  }
}

function uuidOf(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
}
