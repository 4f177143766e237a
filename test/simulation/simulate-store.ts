// The store alone: its clients call it.

import { type Scene, type SimulationResult, simulate } from './simulate.ts'
import {
  type Clients,
  runCompactor,
  runLister,
  runWatcher,
  runWriter,
  textOfValue,
} from './store-clients.ts'

const scene: Scene = {
  textOf: textOfValue,
  prefix: '/',
  idleMs: 2000,
  start(world, store, { isEnding }) {
    const { random, scheduler, recorder, places } = world
    const nextText = () => `t${++world.texts}`
    const clients: Clients = { store, random, scheduler, recorder, nextText, isEnding }
    return [
      ...Array.from({ length: 1 + random.below(5) }, () => runWriter(clients)),
      ...places.map((place) => runWatcher(clients, place)),
      runLister(clients),
      ...(random.below(2) === 0 ? [runCompactor(clients)] : []),
    ]
  },
}

export const simulateStore = (seed: number): Promise<SimulationResult> => simulate(seed, scene)
