// Table: the processes of a cluster, and how Node.js runs each one. Heaps may grow as they need;
// what the flags keep small is the space for new objects, which V8 otherwise grows to 16 MB and
// more for each process, however idle. The small ones have no threads for V8 either: they cost
// memory, and may keep Node.js 26 from ending when one of them wants memory just then.

import type { PartName } from './state.ts'

export interface PartEntry {
  readonly name: PartName
  /** What the user is told once it is ready. */
  readonly readyStep: string
  /** The parent of containers outlives the porter. */
  readonly isDetached: boolean
  readonly nodeFlags: readonly string[]
}

export const porterFlags = ['--max-semi-space-size=1', '--optimize-for-size', '--single-threaded']

export const partTable: readonly PartEntry[] = [
  {
    name: 'supervisor',
    readyStep: 'container supervisor',
    isDetached: true,
    nodeFlags: porterFlags,
  },
  {
    name: 'control-plane',
    readyStep: 'API server, controllers, scheduler',
    isDetached: false,
    nodeFlags: ['--max-semi-space-size=4', '--max-old-space-size=4096'],
  },
  {
    name: 'agent',
    readyStep: 'nodes, network, DNS',
    isDetached: false,
    nodeFlags: ['--max-semi-space-size=2', '--max-old-space-size=2048'],
  },
]
