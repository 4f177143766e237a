// Lines of the report: the machine, a scenario's samples beside the peer's figures, other figures.

import {
  closeSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import type { PeerFigures, Sample } from './scenario.ts'

/** What the figures depend on. */
export function describeMachine(folder: string): readonly string[] {
  const [load = 0] = loadavg()
  return [
    `${cpus().length} x ${cpus()[0]?.model?.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node.js ${process.version}`,
    `load before the run ${load.toFixed(2)}; fdatasync in ${folder}: median ${medianSyncMs(folder).toFixed(2)} ms`,
    'client and servers share these cores; HTTP/1.1 over TLS',
  ]
}

function medianSyncMs(folder: string): number {
  const own = mkdtempSync(join(folder, 'sync-'))
  const file = openSync(join(own, 'file'), 'w')
  const block = Buffer.alloc(4096, 1)
  writeSync(file, Buffer.alloc(4096 * 100))
  fdatasyncSync(file)
  const tookMs = Array.from({ length: 50 }, (_, index) => {
    writeSync(file, block, 0, block.length, index * block.length)
    const startedMs = performance.now()
    fdatasyncSync(file)
    return performance.now() - startedMs
  })
  closeSync(file)
  rmSync(own, { recursive: true })
  return quantile(tookMs, 0.5)
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

const nameWidth = 34

export function header(): string {
  const columns = ['rate', 'CPU each', 'p50', 'p99'].map((text) => text.padStart(14)).join('')
  return `${''.padEnd(nameWidth)}${''.padEnd(24)}${columns}`
}

/** One server's samples of a scenario. */
export function sampleLine(
  { name, unit }: { readonly name: string; readonly unit: string },
  server: string,
  samples: readonly Sample[],
): string {
  const sum = (part: (sample: Sample) => number) =>
    samples.reduce((all, each) => all + part(each), 0)
  const operations = sum((sample) => sample.operations)
  const tookMs = samples.flatMap((sample) => sample.tookMs)
  return line(name, server, [
    `${perSecond(operations / sum(({ seconds }) => seconds))} ${unit}/s`,
    ms(sum(({ cpuMs }) => cpuMs) / operations),
    ms(quantile(tookMs, 0.5)),
    ms(quantile(tookMs, 0.99)),
  ])
}

/** What was measured of the peer before, where it is not on this machine. */
export function peerLine(unit: string, { perSecond: rate, cpuMs }: PeerFigures): string {
  return line('', 'kube-apiserver, before', [
    rate === undefined ? '' : `${perSecond(rate)} ${unit}/s`,
    cpuMs === undefined ? '' : ms(cpuMs),
  ])
}

/** How many times as fast, and what share of the CPU. */
export function ratioLine(samples: readonly Sample[], peer: PeerFigures): string {
  const operations = samples.reduce((all, each) => all + each.operations, 0)
  const seconds = samples.reduce((all, each) => all + each.seconds, 0)
  const cpu = samples.reduce((all, each) => all + each.cpuMs, 0) / operations
  const { perSecond: rate, cpuMs } = peer
  return line('', '', [
    rate === undefined ? '' : `x ${(operations / seconds / rate).toFixed(1)}`,
    cpuMs === undefined ? '' : `x ${(cpu / cpuMs).toFixed(2)}`,
  ])
}

export function figureLine(name: string, server: string, figure: string): string {
  return line(name, server, [figure])
}

function line(name: string, server: string, cells: readonly string[]): string {
  const columns = cells.map((text) => text.padStart(14)).join('')
  return `${name.padEnd(nameWidth)}${server.padEnd(24)}${columns}`.trimEnd()
}

function perSecond(rate: number): string {
  return rate < 100 ? rate.toFixed(1) : String(Math.round(rate))
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`
}

export function versionOf(root: string): string {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
}
