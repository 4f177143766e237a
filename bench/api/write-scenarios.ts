// Table: the scenarios that write. Every acknowledged write is durable on both sides.

import { configMap, deployment, imagePatch, pod } from './manifests.ts'
import {
  closedLoop,
  measured,
  ownObject,
  prepareAll,
  type Sample,
  type Scenario,
  type World,
} from './scenario.ts'

/** Objects that are there to be changed. */
const objects = 200

export const configMaps = ({ namespace }: World) => `/api/v1/namespaces/${namespace}/configmaps`
export const pods = ({ namespace }: World) => `/api/v1/namespaces/${namespace}/pods`
const deployments = ({ namespace }: World) => `/apis/apps/v1/namespaces/${namespace}/deployments`

const createConfigMap = (world: World, index: number) =>
  ({ method: 'POST', path: configMaps(world), body: configMap(`object-${index}`, '0') }) as const

export const writeScenarios: readonly Scenario[] = [
  {
    name: 'create ConfigMap',
    unit: 'writes',
    peer: { perSecond: 1900, cpuMs: 0.9 },
    run: (world) =>
      closedLoop(world, {
        request: (_, lane, turn) => ({
          method: 'POST',
          path: configMaps(world),
          body: configMap(`new-${lane}-${turn}`, `${turn}`),
        }),
      }),
  },
  {
    name: 'create Pod',
    unit: 'writes',
    peer: { perSecond: 650, cpuMs: 2.7 },
    run: (world) =>
      closedLoop(world, {
        request: (_, lane, turn) => ({
          method: 'POST',
          path: pods(world),
          body: pod(`new-${lane}-${turn}`),
        }),
      }),
  },
  {
    name: 'PUT ConfigMap',
    unit: 'writes',
    peer: { perSecond: 1350, cpuMs: 1.4 },
    run: (world) =>
      closedLoop(world, {
        prepare: createConfigMap,
        prepared: objects,
        request(_, lane, turn) {
          const name = ownObject(world, lane, turn, objects)
          const path = `${configMaps(world)}/${name}`
          return { method: 'PUT', path, body: configMap(name, `put ${turn}`) }
        },
      }),
  },
  {
    name: 'merge patch of a ConfigMap',
    unit: 'writes',
    peer: { perSecond: 1200, cpuMs: 1.4 },
    run: (world) =>
      closedLoop(world, {
        prepare: createConfigMap,
        prepared: objects,
        request: (_, lane, turn) => ({
          method: 'PATCH',
          path: `${configMaps(world)}/${ownObject(world, lane, turn, objects)}`,
          body: JSON.stringify({ data: { counter: `patch ${turn}` } }),
          contentType: 'application/merge-patch+json',
        }),
      }),
  },
  {
    name: 'strategic patch of a Deployment',
    unit: 'writes',
    peer: { perSecond: 500, cpuMs: 3.7 },
    run: (world) =>
      closedLoop(world, {
        prepare: (_, index) => ({
          method: 'POST',
          path: deployments(world),
          body: deployment(`object-${index}`),
        }),
        prepared: objects,
        request: (_, lane, turn) => ({
          method: 'PATCH',
          path: `${deployments(world)}/${ownObject(world, lane, turn, objects)}`,
          body: imagePatch(`1.${turn}`),
          contentType: 'application/strategic-merge-patch+json',
        }),
      }),
  },
  {
    name: 'server-side apply of a ConfigMap',
    unit: 'writes',
    peer: { perSecond: 970, cpuMs: 1.9 },
    run: (world) =>
      closedLoop(world, {
        prepare: createConfigMap,
        prepared: objects,
        request(_, lane, turn) {
          const name = ownObject(world, lane, turn, objects)
          return {
            method: 'PATCH',
            path: `${configMaps(world)}/${name}?fieldManager=bench&force=true`,
            body: configMap(name, `apply ${turn}`),
            contentType: 'application/apply-patch+yaml',
          }
        },
      }),
  },
  {
    name: 'delete a collection of 1,000',
    unit: 'objects',
    peer: { perSecond: 835 },
    run: deleteCollections,
  },
]

const collectionSize = 1000
const collections = 3

/** Each object counts; the latency of each is that of its whole collection. */
async function deleteCollections(world: World): Promise<Sample> {
  const samples: Sample[] = []
  for (let round = 0; round < collections; round++) {
    await prepareAll(world, collectionSize, (index) => createConfigMap(world, index))
    const path = `${configMaps(world)}?labelSelector=app%3Dbench`
    samples.push(
      await measured(world, async () => {
        const startedMs = performance.now()
        await world.connection.send({ method: 'DELETE', path })
        return [performance.now() - startedMs]
      }),
    )
  }
  const sum = (part: (sample: Sample) => number) =>
    samples.reduce((all, each) => all + part(each), 0)
  return {
    operations: collectionSize * collections,
    seconds: sum(({ seconds }) => seconds),
    cpuMs: sum(({ cpuMs }) => cpuMs),
    tookMs: samples.flatMap(({ tookMs }) => tookMs),
  }
}
