// Lives of a store over its log that end in crashes, over one disk, with clients at work. In: a
// seed, which decides everything, and who the clients are. Out: the faults of the history.

import { type Random, seededRandom } from '../../src/lib/random.ts'
import { LogCorrupt } from '../../src/store/driver.ts'
import { openLog } from '../../src/store/drivers/log.ts'
import { openLocalStore } from '../../src/store/local-store.ts'
import { type Store, StoreClosed } from '../../src/store/store.ts'
import { faultsOf } from '../history/faults.ts'
import { type LogEvent, recordedLog, witnessed } from '../history/recorded-log.ts'
import type { Place } from './api-clients.ts'
import { createRecorder, type Recorder } from './recorder.ts'
import { createScheduler, type Scheduler } from './scheduler.ts'
import { createSimDisk, type FaultRates, type SimDisk } from './sim-disk.ts'

/** How clients learn that they are to finish, and that the process ends. */
export interface Work {
  isEnding(): boolean
  readonly signal: AbortSignal
}

/** Who works with the store, and what of it they see. */
export interface Scene {
  /** What a stored value is known by. */
  textOf(value: Uint8Array): string
  /** Below this they work; what else is stored is not looked at. */
  readonly prefix: string
  /** Starts them; the promises settle when they end. */
  start(world: World, store: Store, work: Work): Promise<unknown>[]
  /** How long watchers may take to learn how far the store is when nothing happens. */
  readonly idleMs: number
}

export interface SimulationResult {
  readonly faults: readonly string[]
  readonly writes: number
  readonly crashes: number
  /** Bits that were flipped on the disk were found, and opening refused. */
  readonly isRefused: boolean
}

export async function simulate(seed: number, scene: Scene): Promise<SimulationResult> {
  const random = seededRandom(seed)
  const scheduler = createScheduler(random)
  const disk = createSimDisk(random, scheduler)
  const recorder = createRecorder(scheduler.tick)
  const log: LogEvent[] = []
  const world: World = {
    ...{ scene, random, scheduler, disk, recorder, log },
    ...{ places: [{}, {}, {}], failures: [], texts: 0 },
  }
  const lives = 1 + random.below(6)
  let isRefused = false
  for (let life = 0; life < lives && !isRefused; life++) {
    disk.faults = ratesOf(random)
    const store = await open(world, 300)
    if (store) await live(world, store)
    crash(world)
    isRefused = random.below(20) === 0 && (await isRefusedAfterFlip(world))
  }
  const faults = isRefused ? [] : await lastLife(world)
  return {
    faults: [...faults, ...judge(world)],
    writes: recorder.writes.length,
    crashes: lives,
    isRefused,
  }
}

export interface World {
  readonly scene: Scene
  readonly random: Random
  readonly scheduler: Scheduler
  readonly disk: SimDisk
  readonly recorder: Recorder
  readonly log: LogEvent[]
  /** Where each watcher is. */
  readonly places: readonly Place[]
  readonly failures: string[]
  texts: number
}

/** Most lives have a sound disk, some one that fails in one way, some in every way. */
function ratesOf(random: Random): FaultRates {
  const kinds = [
    'full',
    'write',
    'truncate',
    'sync',
    'open',
    'rename',
    'remove',
    'syncFolder',
  ] as const
  const kind = kinds[random.below(2 * kinds.length)]
  if (kind) return { [kind]: 1 + random.below(200) }
  if (random.below(4) > 0) return {}
  return { full: 20, write: 20, truncate: 20, sync: 20, open: 20, rename: 20, syncFolder: 20 }
}

/** Undefined when the disk's failures, or so many turns, leave it closed. */
async function open(world: World, turns: number): Promise<Store | undefined> {
  const { scene, random, scheduler, disk, log } = world
  let store: Store | undefined
  let failed: unknown
  const opening = async () => {
    const driver = await openLog('/store', {
      disk: disk.attach(),
      snapshotAboveBytes: 1000 + random.below(20_000),
      reserveBytes: 4096,
    })
    const recorded = recordedLog(driver, (event) => log.push(event), scene.textOf)
    store = await openLocalStore(recorded, { clock: scheduler.clock })
  }
  opening().catch((error) => {
    failed = error
  })
  await scheduler.run(turns, 0)
  if (failed instanceof LogCorrupt) throw failed
  return store
}

/** Clients at work until the crash, which is likely soon after a failure of the disk. */
async function live(world: World, store: Store): Promise<void> {
  const { random, scheduler, disk } = world
  const stop = new AbortController()
  start(world, store, { isEnding: () => false, signal: stop.signal })
  let turns = random.below(3) === 0 ? random.below(30) : 50 + random.below(600)
  while (turns > 0) {
    const { failures } = disk
    const slice = 1 + random.below(20)
    await scheduler.run(slice)
    turns -= slice
    if (disk.failures > failures && random.below(4) === 0) return
  }
  if (random.below(4) === 0) {
    stop.abort()
    void store[Symbol.asyncDispose]()
    await scheduler.run(random.below(200))
  }
}

function start(world: World, store: Store, work: Work): void {
  for (const each of world.scene.start(world, store, work)) {
    each.catch((error) => {
      if (!(error instanceof StoreClosed)) world.failures.push(`a client met ${error.stack}`)
    })
  }
}

function crash({ random, disk, recorder }: World): void {
  disk.crash({ isPowerCut: random.below(2) === 0 })
  recorder.crash()
}

async function isRefusedAfterFlip(world: World): Promise<boolean> {
  world.disk.faults = {}
  if (!world.disk.flipBit()) return false
  try {
    await open(world, 300)
    crash(world)
    return false
  } catch (error) {
    if (error instanceof LogCorrupt) return true
    throw error
  }
}

/** With a sound disk all is there, and every watcher comes to the end. */
async function lastLife(world: World): Promise<string[]> {
  const { scene, random, scheduler, disk, recorder } = world
  disk.faults = {}
  const store = await open(world, 2000)
  if (!store) return ['the store does not open on a sound disk']
  let isEnding = false
  const stop = new AbortController()
  start(world, store, { isEnding: () => isEnding, signal: stop.signal })
  disk.faults = { full: 50 }
  await scheduler.run(100 + random.below(200))
  disk.faults = {}
  await scheduler.run(100)
  isEnding = true
  await scheduler.run(100_000, scene.idleMs)
  if (recorder.unanswered > 0) return [`${recorder.unanswered} writes have no answer`]
  const revision = await store.revision()
  const late = world.places.filter(({ from }) => from !== revision)
  const told = recorder.list({ prefix: scene.prefix })
  const { entries } = await store.range(scene.prefix)
  told(
    revision,
    entries.map(({ key, value, revision }) => ({ key, revision, text: scene.textOf(value) })),
  )
  stop.abort()
  void store[Symbol.asyncDispose]()
  await scheduler.run(1000)
  if (!(await open(world, 2000))) return ['the store does not open again']
  return late.map(({ from }) => `a watcher stays at ${from}, and the store is at ${revision}`)
}

function judge({ scene, recorder, log, failures }: World): string[] {
  const { facts, faults } = witnessed(log)
  const own = facts.filter(({ key }) => key.startsWith(scene.prefix))
  const isDense = own.length === facts.length
  return [...failures, ...faults, ...faultsOf({ ...recorder, facts: own, isDense })]
}
