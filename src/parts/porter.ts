// The porter process: tends the cluster whose folder it is given, and tells the command that
// started it how that goes. Started detached; that command may be gone at any time.

import { join } from 'node:path'
import type { ClusterConfig } from '../cluster/config.ts'
import { folderAt } from '../cluster/folders.ts'
import type { UpMessage } from '../cluster/part-messages.ts'
import { readJson } from '../cluster/state.ts'
import { tendCluster } from '../cluster/tend.ts'
import { FabricRefused } from '../host/fabric.ts'
import { systemClock } from '../lib/clock.ts'
import { lineLog } from '../lib/log.ts'

const [, program = '', root = '.'] = process.argv
const extension = program.slice(program.lastIndexOf('.'))
const folder = folderAt(root)
const config = readJson<ClusterConfig>(folder.config)
if (!config) throw new Error(`${folder.config}: not there`)

const log = lineLog((line) => process.stderr.write(line), { part: 'porter' })
const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())
process.on('SIGINT', () => stop.abort())
process.on('SIGHUP', () => {})
process.on('unhandledRejection', (error) => fail(error))
process.on('uncaughtException', (error) => fail(error))

tendCluster({
  config,
  folder,
  isRoot: process.getuid?.() === 0,
  programOf: (part) => join(program, '..', `${part}${extension}`),
  clock: systemClock,
  log,
  signal: stop.signal,
  onStep: (step) => tell({ say: 'step', step }),
  onUp: (apiServerPort) => tell({ say: 'up', apiServerPort }),
  onHopeless: (message) => tell({ say: 'failed', message }),
}).then(() => process.exit(0), fail)

function tell(message: UpMessage): void {
  if (process.connected) process.send?.({ up: message }, undefined, undefined, () => {})
}

/** The message must leave first; nothing else is worth waiting for. */
function fail(error: unknown): void {
  log.error('failed', { error })
  const message = error instanceof FabricRefused ? error.message : String(error)
  tell({ say: 'failed', message })
  setTimeout(() => process.exit(1), 20)
}
