// The registry over the store: its clients send requests for ConfigMaps.

import { createRegistry } from '../../src/apiserver/registry/registry.ts'
import { runCompaction } from '../../src/store/compaction.ts'
import { prefix, textOfStored } from './api-calls.ts'
import { type ApiClients, runApiLister, runApiWriter, runReflector } from './api-clients.ts'
import { type Scene, type SimulationResult, simulate } from './simulate.ts'

const scene: Scene = {
  textOf: textOfStored,
  prefix,
  // Bookmarks come once a minute.
  idleMs: 150_000,
  start(world, store, { isEnding, signal }) {
    const { random, scheduler, recorder, places } = world
    const { clock } = scheduler
    const registry = createRegistry({ store, clock, random, signal, plugins: [] })
    const clients: ApiClients = {
      ...{ registry, random, scheduler, recorder, isEnding },
      nextCount: () => ++world.texts,
      compacted: () => store.compactedRevision(),
    }
    const compaction = { clock, signal, keepMs: 100 + random.below(3000), everyMs: 500 }
    return [
      ...Array.from({ length: 1 + random.below(4) }, () => runApiWriter(clients)),
      ...places.map((place) => runReflector(clients, place)),
      runApiLister(clients),
      ...(random.below(2) === 0 ? [runCompaction(store, compaction)] : []),
    ]
  },
}

export const simulateRegistry = (seed: number): Promise<SimulationResult> => simulate(seed, scene)
