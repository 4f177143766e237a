// How long a cluster takes: from `sampan up` to all nodes Ready and DNS answering, down, stop,
// start. Prints what kind and minikube take on this machine where they are installed.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const sampan = join(import.meta.dirname, '../bin/sampan')
const rounds = Number(process.argv[2] ?? 5)
const home = mkdtempSync(join(tmpdir(), 'sampan-bench-'))
const env = { ...process.env, SAMPAN_HOME: home, KUBECONFIG: join(home, 'kubeconfig') }

type Other = readonly [name: string, argv: readonly string[], undo: readonly string[]]
const others: readonly Other[] = [
  ['kind', ['create', 'cluster', '--wait', '5m'], ['delete', 'cluster']],
  ['minikube', ['start', '--wait=all'], ['delete']],
]

interface Round {
  readonly up: number
  readonly stop: number
  readonly start: number
  readonly down: number
}

try {
  // The first one fills the compile cache and finds the programs on disk.
  runOnce()
  const figures = Array.from({ length: rounds }, runOnce)
  for (const verb of ['up', 'stop', 'start', 'down'] as const) {
    const sorted = figures.map((figure) => figure[verb]).toSorted((a, b) => a - b)
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0
    const range = `${seconds(sorted[0] ?? 0)} to ${seconds(sorted.at(-1) ?? 0)}`
    console.log(`sampan ${verb}, three nodes: ${seconds(median)} (${rounds} rounds, ${range})`)
  }
  for (const [name, argv, undo] of others) compare(name, argv, undo)
} finally {
  execFileSync(sampan, ['down', '--name', 'bench'], { env, stdio: 'ignore' })
  rmSync(home, { recursive: true, force: true })
}

function runOnce(): Round {
  const verb = (...argv: readonly string[]) => timed(sampan, [...argv, '--name', 'bench'])
  return { up: verb('up'), stop: verb('stop'), start: verb('start'), down: verb('down') }
}

function timed(program: string, argv: readonly string[]): number {
  const startedAt = performance.now()
  execFileSync(program, argv, { env, stdio: 'ignore' })
  return performance.now() - startedAt
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}

function compare(name: string, argv: readonly string[], undo: readonly string[]): void {
  try {
    execFileSync(name, ['version'], { stdio: 'ignore' })
  } catch {
    console.log(`${name}: not on this machine`)
    return
  }
  console.log(`${name} ${argv.join(' ')}: ${seconds(timed(name, argv))}`)
  execFileSync(name, undo, { env, stdio: 'ignore' })
}
