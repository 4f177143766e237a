// What every part does besides its work: reads where its cluster is, logs, says when it is ready,
// ends when told to or when the porter is gone. In: argv of the process. Out: an exit code.

import { flushCompileCache } from 'node:module'
import type { Porter } from '../host/porter.ts'
import { porterOverIpc } from '../host/porter-over-ipc.ts'
import { type Log, lineLog } from '../lib/log.ts'
import type { ClusterConfig } from './config.ts'
import { type ClusterFolder, folderAt } from './folders.ts'
import { type PartMessage, partMessage, type ReadyReport } from './part-messages.ts'
import { type ClusterState, type PartName, readJson, readState } from './state.ts'
import { UserError } from './user-error.ts'

export interface PartContext {
  readonly config: ClusterConfig
  readonly folder: ClusterFolder
  /** As it was when the part started. */
  readonly state: ClusterState
  readonly log: Log
  /** Aborts when the part is to end. */
  readonly signal: AbortSignal
  /** The host's network. */
  readonly porter: Porter
  ready(report?: ReadyReport): void
  /** Resolves once the other part is ready. */
  peerReady(part: PartName): Promise<void>
}

export interface PartOptions {
  readonly name: PartName
  /** Lives on when the porter is gone. */
  readonly isDetached?: boolean
}

/** The context is there at once; `work` resolves when the part has ended in good order. */
export function runPart(
  { name, isDetached = false }: PartOptions,
  work: (context: PartContext) => Promise<void>,
): void {
  const log = lineLog((line) => process.stderr.write(line), { part: name })
  const stop = new AbortController()
  const end = (reason: string) => {
    if (!stop.signal.aborted) log.info('ending', { reason })
    stop.abort(new Error(reason))
  }
  process.on('SIGTERM', () => end('SIGTERM'))
  process.on('SIGINT', () => end('SIGINT'))
  process.on('disconnect', () => {
    if (!isDetached) end('the porter is gone')
  })
  process.on('unhandledRejection', (error) => fail(log, error))
  process.on('uncaughtException', (error) => fail(log, error))
  const context = openContext({ log, signal: stop.signal, end })
  work(context).then(leave, (error) => (stop.signal.aborted ? leave() : fail(log, error)))
}

function openContext(life: {
  readonly log: Log
  readonly signal: AbortSignal
  readonly end: (reason: string) => void
}): PartContext {
  const [, , root = '.'] = process.argv
  const folder = folderAt(root)
  const config = readJson<ClusterConfig>(folder.config)
  if (!config) throw new UserError(`${folder.config}: not there`)
  const peers = peerBoard()
  process.on('message', (message) => {
    const told = partMessage(message)
    if (told?.say === 'stop') life.end('told to')
    if (told?.say === 'peer-ready') peers.isReady(told.part)
  })
  return {
    config,
    folder,
    state: readState(folder.state),
    log: life.log,
    signal: life.signal,
    porter: porterOverIpc(process),
    ready(report = {}) {
      tell({ say: 'ready', report })
      // A part runs for days: what was compiled is written now, for the next start.
      setImmediate(() => flushCompileCache())
    },
    peerReady: peers.wait,
  }
}

function tell(message: PartMessage): void {
  if (process.connected) process.send?.({ part: message })
}

function fail(log: Log, error: unknown): void {
  log.error('failed', { error })
  if (error instanceof UserError) tell({ say: 'hopeless', message: error.message })
  // The message must leave first; nothing else is worth waiting for.
  setTimeout(leave, 20)
}

/**
 * All is written that is to be kept. process.exit would wait for the threads of V8, and in
 * Node.js 26 for ever when one of them wants memory just then.
 */
function leave(): void {
  process.kill(process.pid, 'SIGKILL')
}

function peerBoard() {
  const ready = new Set<PartName>()
  const waiting: { part: PartName; resolve: () => void }[] = []
  return {
    isReady(part: PartName) {
      ready.add(part)
      for (const waiter of waiting.filter((entry) => entry.part === part)) waiter.resolve()
    },
    wait: (part: PartName) =>
      new Promise<void>((resolve) => {
        if (ready.has(part)) resolve()
        else waiting.push({ part, resolve })
      }),
  }
}
