// Figures beside the scenarios: time to be ready, memory, the start from a full log.

import { join } from 'node:path'
import { logStore } from '../../src/store/drivers/log.ts'
import { configMap } from './manifests.ts'
import { memoryOf } from './processes.ts'
import { type Place, startSampan, type Target } from './targets.ts'

const objectBytes = 2048

/** Of `rounds` starts over an empty store, the last of which keeps running; the first one compiles. */
export async function startRepeatedly(
  rounds: number,
  start: () => Promise<Target>,
): Promise<{ readonly target: Target; readonly readyMs: readonly number[] }> {
  let target = await start()
  const readyMs: number[] = []
  for (let round = 0; round < rounds; round++) {
    await target.stop()
    target = await start()
    readyMs.push(target.readyMs)
  }
  return { target, readyMs }
}

/** A log as the server would have left it, with `count` ConfigMaps of 2 KB in one namespace. */
export async function fillLog({ folder }: Place, count: number): Promise<void> {
  await using store = await logStore(join(folder, 'store'))
  const writers = 256
  let next = 0
  await Promise.all(
    Array.from({ length: writers }, async () => {
      while (next < count) {
        const name = `object-${next++}`
        const put = await store.put(`/registry/configmaps/full/${name}`, storedObject(name), 0)
        if (!put.ok) throw new Error(`${name} is there already`)
      }
    }),
  )
}

function storedObject(name: string): Uint8Array {
  const { metadata, data } = JSON.parse(configMap(name, '0'))
  const object = (text: string) =>
    JSON.stringify({
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: {
        ...metadata,
        namespace: 'full',
        uid: '00000000-0000-4000-8000-000000000000',
        creationTimestamp: '2026-01-01T00:00:00Z',
      },
      data: { ...data, text },
    })
  const rest = objectBytes - object('').length
  return Buffer.from(object('x'.repeat(rest)))
}

export interface FullStart {
  readonly readyMs: number
  /** What each object adds to the memory of an empty server. */
  readonly bytesPerObject: number
}

export async function measureFullStart(
  program: string,
  place: Place,
  { objects, emptyMb }: { readonly objects: number; readonly emptyMb: number },
): Promise<FullStart> {
  await fillLog(place, objects)
  const target = await startSampan(program, place)
  const { pssMb } = memoryOf(target.pids)
  await target.stop()
  return {
    readyMs: target.readyMs,
    bytesPerObject: ((pssMb - emptyMb) * 2 ** 20) / objects,
  }
}
