// The porter's work: a fabric, the parts in it, the host's sockets for them, and state.json.
// In: the folder of a cluster. Out: a cluster that runs until the signal aborts.

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { enterFabric, type Fabric, startFabric, stopFabric } from '../host/fabric.ts'
import { isRunning, processStartTime } from '../host/process-identity.ts'
import { servePorter } from '../host/serve-porter.ts'
import { systemEnvironment } from '../host/system-path.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../lib/log.ts'
import { boundLogs } from './bound-logs.ts'
import type { ClusterConfig } from './config.ts'
import type { ClusterFolder } from './folders.ts'
import { innerPid } from './inner-pid.ts'
import { type KeptProcess, keepRunning } from './keep-running.ts'
import { type PartMessage, partMessage, type ReadyReport } from './part-messages.ts'
import { type PartEntry, partTable } from './part-table.ts'
import { ensurePki } from './pki.ts'
import { killIfThere } from './processes.ts'
import {
  type ClusterState,
  type PartName,
  type ProcessMark,
  readState,
  writeState,
} from './state.ts'

export interface TendOptions {
  readonly config: ClusterConfig
  readonly folder: ClusterFolder
  readonly isRoot: boolean
  /** Where the program of a part is. */
  readonly programOf: (part: PartName) => string
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  readonly onStep: (step: string) => void
  readonly onUp: (apiServerPort: number) => void
  /** A part cannot work, however often it is started. */
  readonly onHopeless: (message: string) => void
}

/** Before a cluster was up once, a part that ends this often will not come up at all. */
const mostFirstFailures = 3

/** Rejects with FabricRefused where the machine does not allow a fabric. */
export async function tendCluster(options: TendOptions): Promise<void> {
  while (!options.signal.aborted) await tendFabric(options)
}

/** One fabric's life with all that runs in it: until it ends, or the signal ends it. */
async function tendFabric(options: TendOptions): Promise<void> {
  const { config, folder, clock, log } = options
  const fabricEnd = new AbortController()
  const signal = AbortSignal.any([options.signal, fabricEnd.signal])
  const board = stateBoard(folder.state)
  const fabric = ensureFabric(options, board.get())
  ensurePki(config, folder.pki, clock.now())
  mkdirSync(folder.logs, { recursive: true })
  const porterMark = await markOf(process.pid)
  const { holderPid, startTime, ids } = await fabric
  const holder = { pid: holderPid, startTime }
  board.set({ ...board.get(), wanted: 'running', porter: porterMark, holder, ids })
  options.onStep('private network')

  const children = new Map<PartName, ChildProcess>()
  const ready = new Map<PartName, ReadyReport>()
  let isUp = false
  const tend = async (part: PartEntry) => {
    const former = board.get().parts[part.name]
    if (part.isDetached) await endOfOther(former, { clock, signal })
    else await endFormer(former, clock)
    await keepRunning(partProcess(part), { clock, log, signal })
  }
  const watchHolder = async () => {
    await endOfOther(holder, { clock, signal })
    if (!signal.aborted) log.warn('the private network has ended, making it anew')
    fabricEnd.abort()
  }
  const logs = boundLogs(folder.logs, { clock, signal })
  await Promise.all([...partTable.map(tend), watchHolder(), logs])
  await stopFabric({ holderPid, startTime })

  function partProcess(part: PartEntry): KeptProcess {
    return {
      name: part.name,
      start(restarts) {
        if (!isUp && restarts >= mostFirstFailures) {
          options.onHopeless(`${part.name} does not start`)
        }
        const child = startPart(part, { ...options, holderPid })
        children.set(part.name, child)
        servePorter(child)
        child.on('message', (message) => {
          const told = partMessage(message)
          if (told) void hear(part, child, told)
        })
        child.on('spawn', () => void noteStart(part, child, restarts))
        for (const peer of ready.keys()) tell(child, { say: 'peer-ready', part: peer })
        return child
      },
      askToEnd: (child) => tell(child, { say: 'stop' }),
      kill: async (child) => {
        const { pid } = child
        const inner = pid && (await innerPid(pid))
        if (inner) process.kill(inner, 'SIGKILL')
        child.kill('SIGKILL')
      },
    }
  }

  async function noteStart(part: PartEntry, child: ChildProcess, restarts: number) {
    const mark = child.pid && (await markOf(child.pid))
    if (mark) board.setPart(part.name, { ...mark, restarts, isReady: false })
  }

  async function hear(part: PartEntry, child: ChildProcess, told: PartMessage): Promise<void> {
    if (told.say === 'hopeless') options.onHopeless(`${part.name}: ${told.message}`)
    if (told.say !== 'ready') return
    ready.set(part.name, told.report)
    for (const [name, peer] of children) {
      if (name !== part.name) tell(peer, { say: 'peer-ready', part: part.name })
    }
    const { apiServerPort } = told.report
    if (apiServerPort) board.set({ ...board.get(), apiServerPort })
    if (!isUp) options.onStep(part.readyStep)
    await noteReady(part, child)
    if (isUp || !ready.has('control-plane') || !ready.has('agent')) return
    isUp = true
    options.onUp(board.get().apiServerPort ?? 0)
  }

  async function noteReady(part: PartEntry, child: ChildProcess): Promise<void> {
    const pid = child.pid && ((await innerPid(child.pid)) ?? child.pid)
    const mark = pid && (await markOf(pid))
    const restarts = board.get().parts[part.name]?.restarts ?? 0
    if (mark) board.setPart(part.name, { ...mark, restarts, isReady: true })
  }
}

export function logFile({ logs }: ClusterFolder, part: string): string {
  return join(logs, `${part}.log`)
}

/** The one that is there, after a porter died, or a new one. */
async function ensureFabric(
  { config, isRoot }: TendOptions,
  { holder, ids }: ClusterState,
): Promise<Fabric> {
  if (holder && ids && (await isRunning(holder.pid, holder.startTime))) {
    return { holderPid: holder.pid, startTime: holder.startTime, ids }
  }
  return startFabric({ nodes: config.nodes, isRoot, serviceSubnet: config.serviceSubnet })
}

/** Resolves when a process that is not our child has ended; at once where there is none. */
async function endOfOther(
  mark: ProcessMark | undefined,
  { clock, signal }: Pick<TendOptions, 'clock' | 'signal'>,
): Promise<void> {
  while (mark && !signal.aborted && (await isRunning(mark.pid, mark.startTime))) {
    await clock.sleep(500, signal).catch(() => {})
  }
}

/** One that a dead porter started ends by itself, but not before it has noticed. */
async function endFormer(mark: ProcessMark | undefined, clock: Clock): Promise<void> {
  if (!mark || !(await isRunning(mark.pid, mark.startTime))) return
  killIfThere(mark.pid)
  while (await isRunning(mark.pid, mark.startTime)) await clock.sleep(2)
}

function startPart(
  part: PartEntry,
  { folder, isRoot, programOf, holderPid }: TendOptions & { readonly holderPid: number },
): ChildProcess {
  const log = openSync(logFile(folder, part.name), 'a', 0o600)
  const [program = '', ...argv] = [
    ...enterFabric(holderPid, { isRoot }),
    process.execPath,
    ...part.nodeFlags,
    programOf(part.name),
    folder.root,
  ]
  const child = spawn(program, argv, {
    detached: true,
    cwd: '/',
    env: systemEnvironment(),
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  return child
}

function tell(child: ChildProcess, message: PartMessage): void {
  if (child.connected) child.send({ part: message }, () => {})
}

async function markOf(pid: number): Promise<ProcessMark> {
  return { pid, startTime: (await processStartTime(pid)) ?? 0 }
}

function stateBoard(path: string) {
  let state = readState(path)
  const set = (next: ClusterState) => {
    state = next
    writeState(path, state)
  }
  return {
    get: () => state,
    set,
    setPart: (name: PartName, part: NonNullable<ClusterState['parts'][PartName]>) =>
      set({ ...state, parts: { ...state.parts, [name]: part } }),
  }
}
