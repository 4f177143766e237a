// Figures of the API server over its durable log: rate, CPU, p50 and p99 of every scenario, beside
// kube-apiserver with etcd, in turns where both are on this machine; then start and memory.
// `node bench/api.ts [WORDS OF SCENARIOS] [--seconds 5] [--rounds 2] [--connections 32]
//   [--kube-apiserver PROGRAM] [--kube-apiserver-flag=FLAG]... [--etcd PROGRAM] [--over-etcd]
//   [--folder FOLDER] [--no-figures]`
// With --over-etcd our server over an etcd is measured as well, in turns with it over its log.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundle } from '../tools/bundle.ts'
import { openConnection } from './api/connection.ts'
import { measureFullStart, startRepeatedly } from './api/figures.ts'
import { memoryOf } from './api/processes.ts'
import {
  describeMachine,
  figureLine,
  header,
  peerLine,
  quantile,
  ratioLine,
  sampleLine,
  versionOf,
} from './api/report.ts'
import type { Load, Sample, Scenario } from './api/scenario.ts'
import { scenarios } from './api/scenarios.ts'
import {
  peerMissing,
  preparePlace,
  startPeer,
  startSampan,
  startSampanOverEtcd,
  type Target,
} from './api/targets.ts'

const { values: flags, positionals: words } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '32' },
    'kube-apiserver': { type: 'string', default: 'kube-apiserver' },
    'kube-apiserver-flag': { type: 'string', multiple: true, default: [] },
    etcd: { type: 'string', default: 'etcd' },
    'over-etcd': { type: 'boolean', default: false },
    folder: { type: 'string', default: tmpdir() },
    figures: { type: 'boolean', default: true },
  },
})

/** Of an empty server; one more before them compiles. */
const starts = 5
const logObjects = 100_000
const root = join(import.meta.dirname, '..')
const load = { seconds: Number(flags.seconds), connections: Number(flags.connections) }
const chosen = scenarios.filter(
  ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
)
const folder = mkdtempSync(join(flags.folder, 'sampan-bench-'))
const running: Target[] = []

try {
  for (const line of describeMachine(folder)) print(line)
  const program = await bundledProgram()
  const sampan = await startOurs(program)
  const overEtcd = await startOverEtcd(program)
  const peer = await startTheirs()
  print('')
  print(header())
  for (const scenario of chosen) await compare(scenario, { ours: sampan, overEtcd, theirs: peer })
  if (flags.figures) await printFigures(program)
} finally {
  for (const target of running) await target.stop()
  rmSync(folder, { recursive: true, force: true })
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function bundledProgram(): Promise<string> {
  const outdir = join(folder, 'program')
  const entryPoints = { server: 'bench/api/server-program.ts' }
  await bundle({ root, outdir, entryPoints, version: versionOf(root) })
  return join(outdir, 'server.js')
}

async function startOurs(program: string): Promise<Target> {
  let places = 0
  const { target, readyMs } = await startRepeatedly(starts, () =>
    startSampan(program, preparePlace(join(folder, `sampan-${places++}`))),
  )
  running.push(target)
  const shown = `${quantile(readyMs, 0.5).toFixed(0)} ms (${starts} starts)`
  print(figureLine('ready after start, empty store', 'sampan', shown))
  printMemory('idle', target)
  return target
}

async function startOverEtcd(program: string): Promise<Target | undefined> {
  if (!flags['over-etcd']) return undefined
  const place = preparePlace(join(folder, 'over-etcd'))
  const target = await startSampanOverEtcd({ program, etcd: flags.etcd }, place)
  running.push(target)
  return target
}

async function startTheirs(): Promise<Target | undefined> {
  const programs = {
    kubeApiserver: flags['kube-apiserver'],
    etcd: flags.etcd,
    flags: flags['kube-apiserver-flag'],
  }
  const missing = peerMissing(programs)
  if (missing) {
    print(`${missing}: figures measured before stand for kube-apiserver with etcd`)
    return undefined
  }
  const target = await startPeer(programs, preparePlace(join(folder, 'peer')))
  running.push(target)
  const shown = `${target.readyMs.toFixed(0)} ms`
  print(figureLine('ready after start, empty store', target.name, shown))
  printMemory('idle', target)
  return target
}

function printMemory(when: string, target: Target): void {
  const { pssMb, rssMb, peakMb } = memoryOf(target.pids)
  const shown = `${pssMb.toFixed(0)} MB PSS, ${rssMb.toFixed(0)} MB RSS, ${peakMb.toFixed(0)} MB at its peak`
  print(figureLine(`memory, ${when}`, target.name, shown))
}

interface Compared {
  readonly ours: Target
  readonly overEtcd: Target | undefined
  readonly theirs: Target | undefined
}

/** All servers in turns, so that what else the machine does meets each. */
async function compare(scenario: Scenario, { ours, overEtcd, theirs }: Compared) {
  const samples = { ours: [] as Sample[], overEtcd: [] as Sample[], theirs: [] as Sample[] }
  for (let round = 0; round < Number(flags.rounds); round++) {
    samples.ours.push(await runOnce(scenario, ours, load))
    if (overEtcd) samples.overEtcd.push(await runOnce(scenario, overEtcd, load))
    if (theirs) samples.theirs.push(await runOnce(scenario, theirs, load))
  }
  print(sampleLine(scenario, ours.name, samples.ours))
  if (overEtcd) print(sampleLine({ ...scenario, name: '' }, overEtcd.name, samples.overEtcd))
  if (theirs) {
    print(sampleLine({ ...scenario, name: '' }, theirs.name, samples.theirs))
    print(ratioLine(samples.ours, figuresOf(samples.theirs)))
  } else {
    print(peerLine(scenario.unit, scenario.peer))
    print(ratioLine(samples.ours, scenario.peer))
  }
}

function figuresOf(samples: readonly Sample[]) {
  const sum = (part: (sample: Sample) => number) =>
    samples.reduce((all, each) => all + part(each), 0)
  const operations = sum((sample) => sample.operations)
  return {
    perSecond: operations / sum(({ seconds }) => seconds),
    cpuMs: sum(({ cpuMs }) => cpuMs) / operations,
  }
}

async function runOnce(scenario: Scenario, target: Target, load: Load): Promise<Sample> {
  const connection = await openConnection(target)
  const namespace = `bench-${Math.random().toString(36).slice(2, 10)}`
  const named = (kind: string, name: string) =>
    JSON.stringify({ apiVersion: 'v1', kind, metadata: { name } })
  const path = '/api/v1/namespaces'
  await connection.send({ method: 'POST', path, body: named('Namespace', namespace) })
  const accounts = `${path}/${namespace}/serviceaccounts`
  await connection.send({
    method: 'POST',
    path: accounts,
    body: named('ServiceAccount', 'default'),
  })
  try {
    return await scenario.run({ ...load, target, namespace, connection })
  } finally {
    connection.close()
  }
}

async function printFigures(program: string): Promise<void> {
  print('')
  for (const target of running) printMemory('after all scenarios', target)
  for (const target of running.splice(0)) await target.stop()
  const empty = await startSampan(program, preparePlace(join(folder, 'empty')))
  const emptyMb = memoryOf(empty.pids).pssMb
  await empty.stop()
  const place = preparePlace(join(folder, 'full'))
  mkdirSync(place.folder, { recursive: true })
  const full = await measureFullStart(program, place, { objects: logObjects, emptyMb })
  const count = logObjects.toLocaleString('en')
  print(figureLine(`ready over ${count} objects`, 'sampan', `${full.readyMs.toFixed(0)} ms`))
  const kilobytes = (full.bytesPerObject / 1024).toFixed(2)
  print(figureLine('memory of an object of 2 KB', 'sampan', `${kilobytes} KB`))
}
