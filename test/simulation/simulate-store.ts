// One simulation of the store over its log: lives that end in crashes, over one disk. In: a seed,
// which decides everything. Out: the faults of the history.

import { type Random, seededRandom } from '../../src/lib/random.ts'
import { LogCorrupt } from '../../src/store/driver.ts'
import { openLog } from '../../src/store/drivers/log.ts'
import { openLocalStore } from '../../src/store/local-store.ts'
import { type Store, StoreClosed } from '../../src/store/store.ts'
import { faultsOf } from '../history/faults.ts'
import { type LogEvent, recordedLog, witnessed } from '../history/recorded-log.ts'
import { createRecorder, type Recorder } from './recorder.ts'
import { createScheduler, type Scheduler } from './scheduler.ts'
import { createSimDisk, type FaultRates, type SimDisk } from './sim-disk.ts'
import {
  type Clients,
  itemOf,
  runCompactor,
  runLister,
  runWatcher,
  runWriter,
  textOfValue,
} from './store-clients.ts'

export interface SimulationResult {
  readonly faults: readonly string[]
  readonly writes: number
  readonly crashes: number
  /** Bits that were flipped on the disk were found, and opening refused. */
  readonly isRefused: boolean
}

export async function simulateStore(seed: number): Promise<SimulationResult> {
  const random = seededRandom(seed)
  const scheduler = createScheduler(random)
  const disk = createSimDisk(random, scheduler)
  const recorder = createRecorder(scheduler.tick)
  const log: LogEvent[] = []
  const world: World = {
    random,
    scheduler,
    disk,
    recorder,
    log,
    places: [{}, {}, {}],
    failures: [],
    texts: 0,
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

interface World {
  readonly random: Random
  readonly scheduler: Scheduler
  readonly disk: SimDisk
  readonly recorder: Recorder
  readonly log: LogEvent[]
  /** Where each watcher is. */
  readonly places: readonly { from?: number }[]
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
  const { random, scheduler, disk, log } = world
  let store: Store | undefined
  let failed: unknown
  const opening = async () => {
    const driver = await openLog('/store', {
      disk: disk.attach(),
      snapshotAboveBytes: 1000 + random.below(20_000),
      reserveBytes: 4096,
    })
    const recorded = recordedLog(driver, (event) => log.push(event), textOfValue)
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
  start(world, store, () => false)
  let turns = random.below(3) === 0 ? random.below(30) : 50 + random.below(600)
  while (turns > 0) {
    const { failures } = disk
    const slice = 1 + random.below(20)
    await scheduler.run(slice)
    turns -= slice
    if (disk.failures > failures && random.below(4) === 0) return
  }
  if (random.below(4) === 0) {
    void store[Symbol.asyncDispose]()
    await scheduler.run(random.below(200))
  }
}

function start(world: World, store: Store, isEnding: () => boolean): void {
  const { random, scheduler, recorder, places } = world
  const nextText = () => `t${++world.texts}`
  const clients: Clients = { store, random, scheduler, recorder, nextText, isEnding }
  const running = [
    ...Array.from({ length: 1 + random.below(5) }, () => runWriter(clients)),
    ...places.map((place) => runWatcher(clients, place)),
    runLister(clients),
    ...(random.below(2) === 0 ? [runCompactor(clients)] : []),
  ]
  for (const each of running) {
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
  const { random, scheduler, disk, recorder } = world
  disk.faults = {}
  const store = await open(world, 2000)
  if (!store) return ['the store does not open on a sound disk']
  let isEnding = false
  start(world, store, () => isEnding)
  disk.faults = { full: 50 }
  await scheduler.run(100 + random.below(200))
  disk.faults = {}
  await scheduler.run(100)
  isEnding = true
  await scheduler.run(100_000)
  if (recorder.unanswered > 0) return [`${recorder.unanswered} writes have no answer`]
  const revision = await store.revision()
  const late = world.places.filter(({ from }) => from !== revision)
  const told = recorder.list({ prefix: '/' })
  told(revision, (await store.range('/')).entries.map(itemOf))
  void store[Symbol.asyncDispose]()
  await scheduler.run(1000)
  if (!(await open(world, 2000))) return ['the store does not open again']
  return late.map(({ from }) => `a watcher stays at ${from}, and the store is at ${revision}`)
}

function judge({ recorder, log, failures }: World): string[] {
  const { facts, faults } = witnessed(log)
  return [...failures, ...faults, ...faultsOf({ ...recorder, facts, isDense: true })]
}
