// What a scenario is, and the closed loop that most of them are: some connections, each with one
// request in flight, for some seconds. In: a world of one server and a fresh namespace. Out: samples.

import { type Asked, type Connection, openConnection } from './connection.ts'
import { cpuMs } from './processes.ts'
import type { Target } from './targets.ts'

export interface Load {
  /** Of each run, after a warm-up. */
  readonly seconds: number
  readonly connections: number
}

/** Where a scenario runs. */
export interface World extends Load {
  readonly target: Target
  /** Made for this run, with a ServiceAccount `default`. */
  readonly namespace: string
  /** For preparations. */
  readonly connection: Connection
}

/** What was measured: operations, and what each of them took as its client saw it. */
export interface Sample {
  readonly operations: number
  readonly seconds: number
  /** Of the server's processes. */
  readonly cpuMs: number
  readonly tookMs: readonly number[]
}

/** The same of kube-apiserver 1.36 with etcd 3.5, on a machine of two cores, 32 connections. */
export interface PeerFigures {
  readonly perSecond?: number
  readonly cpuMs?: number
}

export interface Scenario {
  readonly name: string
  /** What is counted: writes, objects, lists, deliveries. */
  readonly unit: string
  readonly peer: PeerFigures
  run(world: World): Promise<Sample>
}

/** Measures `work`, which gives the time that each of its operations took. */
export async function measured(
  { target }: World,
  work: () => Promise<readonly number[]>,
): Promise<Sample> {
  const beforeMs = cpuMs(target.pids)
  const startedMs = performance.now()
  const tookMs = await work()
  const seconds = (performance.now() - startedMs) / 1000
  return { operations: tookMs.length, seconds, cpuMs: cpuMs(target.pids) - beforeMs, tookMs }
}

export interface ClosedLoop {
  /** Objects that are there before, by number: what is asked to make one. */
  readonly prepare?: (world: World, index: number) => Asked
  readonly prepared?: number
  /** `lane` is the connection, `turn` counts its requests; unique together. */
  readonly request: (world: World, lane: number, turn: number) => Asked
}

const warmUpSeconds = 1

export async function closedLoop(world: World, loop: ClosedLoop): Promise<Sample> {
  const { prepare, prepared = 0, request } = loop
  if (prepare) await prepareAll(world, prepared, (index) => prepare(world, index))
  const { target, seconds } = world
  const connections = await openConnections(target, world.connections)
  const turns = connections.map(() => 0)
  const runFor = async (forSeconds: number) => {
    const tookMs: number[] = []
    const endMs = performance.now() + forSeconds * 1000
    const runLane = async (connection: Connection, lane: number) => {
      for (let now = performance.now(); now < endMs; ) {
        const turn = turns[lane] ?? 0
        turns[lane] = turn + 1
        await connection.send(request(world, lane, turn))
        const done = performance.now()
        tookMs.push(done - now)
        now = done
      }
    }
    await Promise.all(connections.map(runLane))
    return tookMs
  }
  try {
    await runFor(Math.min(warmUpSeconds, seconds))
    return await measured(world, () => runFor(seconds))
  } finally {
    for (const connection of connections) connection.close()
  }
}

export function openConnections(target: Target, count: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: count }, () => openConnection(target)))
}

/** Asks for `count` things, over several connections. */
export async function prepareAll(
  { target, connections: lanes }: World,
  count: number,
  asked: (index: number) => Asked,
): Promise<void> {
  const connections = await openConnections(target, Math.min(lanes, count))
  let next = 0
  await Promise.all(
    connections.map(async (connection) => {
      while (next < count) await connection.send(asked(next++))
      connection.close()
    }),
  )
}

/** The object that a lane works on in a turn: lanes never meet at one. */
export function ownObject({ connections }: World, lane: number, turn: number, count: number) {
  const perLane = Math.max(1, Math.floor(count / connections))
  return `object-${lane + connections * (turn % perLane)}`
}
