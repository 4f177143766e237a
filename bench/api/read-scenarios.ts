// Table: the scenarios that read: one object, whole lists, pages, watches.

import { once } from 'node:events'
import type { Connection } from './connection.ts'
import { configMap, pod } from './manifests.ts'
import {
  closedLoop,
  measured,
  openConnections,
  ownObject,
  prepareAll,
  type Sample,
  type Scenario,
  type World,
} from './scenario.ts'
import { configMaps, pods } from './write-scenarios.ts'

const objects = 200
const listed = 10_000
const pageSize = 500
const watchers = 100

export const readScenarios: readonly Scenario[] = [
  {
    name: 'GET Pod',
    unit: 'reads',
    peer: { perSecond: 2700, cpuMs: 0.62 },
    run: (world) =>
      closedLoop(world, {
        prepare: createPod,
        prepared: objects,
        request: (_, lane, turn) => ({
          method: 'GET',
          path: `${pods(world)}/${ownObject(world, lane, turn, objects)}`,
        }),
      }),
  },
  {
    name: 'list of 10,000 Pods',
    unit: 'lists',
    peer: { perSecond: 1000 / 880, cpuMs: 1030 },
    run: (world) => lists(world, wholeList),
  },
  {
    name: 'the same in pages of 500',
    unit: 'lists',
    peer: { perSecond: 1000 / 880, cpuMs: 1030 },
    run: (world) => lists(world, pagedList),
  },
  {
    name: 'watch by 100 clients',
    unit: 'deliveries',
    peer: { perSecond: 27_000, cpuMs: 0.035 },
    run: watchFanOut,
  },
]

function createPod(world: World, index: number) {
  return { method: 'POST', path: pods(world), body: pod(`object-${index}`) }
}

/** One client lists again and again. */
async function lists(world: World, list: (world: World) => Promise<number>): Promise<Sample> {
  await prepareAll(world, listed, (index) => createPod(world, index))
  await list(world)
  return measured(world, async () => {
    const tookMs: number[] = []
    const endMs = performance.now() + world.seconds * 1000
    for (let now = performance.now(); now < endMs; ) {
      const count = await list(world)
      if (count !== listed) throw new Error(`${count} Pods were listed`)
      const done = performance.now()
      tookMs.push(done - now)
      now = done
    }
    return tookMs
  })
}

async function wholeList(world: World): Promise<number> {
  return countItems(await world.connection.send({ method: 'GET', path: pods(world) }))
}

async function pagedList(world: World): Promise<number> {
  let count = 0
  let token = ''
  do {
    const query = `limit=${pageSize}${token && `&continue=${token}`}`
    const page = await world.connection.send({ method: 'GET', path: `${pods(world)}?${query}` })
    count += countItems(page)
    // Before the items, wherever the server writes its metadata first.
    const head = page.toString('latin1', 0, page.indexOf('"items"'))
    token = /"continue":"([^"]*)"/.exec(head)?.[1] ?? ''
  } while (token)
  return count
}

/** Without parsing: the client shares its cores with the server. */
function countItems(body: Buffer): number {
  const mark = '"schedulerName":"nobody"'
  let count = 0
  for (let at = body.indexOf(mark); at >= 0; at = body.indexOf(mark, at + mark.length)) count++
  return count
}

/** One client writes, one write after the other; all the others watch. */
async function watchFanOut(world: World): Promise<Sample> {
  const path = configMaps(world)
  const list = JSON.parse(String(await world.connection.send({ method: 'GET', path })))
  const from = list.metadata.resourceVersion
  const connections = await openConnections(world.target, watchers)
  const watch = `${path}?watch=1&resourceVersion=${from}`
  const sentMs: number[] = []
  const tookMs: number[] = []
  const done = new EventTarget()
  try {
    const received = connections.map(() => 0)
    const take = (lane: number) => (chunk: Buffer) => {
      const now = performance.now()
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) {
        // The same events in the same order for everybody: the number says which.
        const number = received[lane] ?? 0
        received[lane] = number + 1
        tookMs.push(now - (sentMs[number] ?? now))
      }
      done.dispatchEvent(new Event('received'))
    }
    await Promise.all(
      connections.map((connection: Connection, lane) =>
        connection.stream({ method: 'GET', path: watch }, take(lane)),
      ),
    )
    return await measured(world, async () => {
      const endMs = performance.now() + world.seconds * 1000
      for (let count = 0; performance.now() < endMs; count++) {
        sentMs.push(performance.now())
        await world.connection.send({
          method: 'POST',
          path,
          body: configMap(`object-${count}`, '0'),
        })
      }
      while (tookMs.length < sentMs.length * watchers) await once(done, 'received')
      return tookMs
    })
  } finally {
    for (const connection of connections) connection.close()
  }
}
