// Figure: puts a second and CPU a put of the stores, side by side: memory, log, etcd where there is
// one; 32 and 256 writers, values of 2 KB. `node bench/store.ts [SECONDS]`.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/lib/clock.ts'
import { silentLog } from '../src/lib/log.ts'
import { etcdMissing, startEtcd } from '../src/store/drivers/etcd/etcd-process.ts'
import { etcdStore } from '../src/store/drivers/etcd/etcd-store.ts'
import { logStore } from '../src/store/drivers/log.ts'
import { memoryStore } from '../src/store/drivers/memory.ts'
import type { Store } from '../src/store/store.ts'

const seconds = Number(process.argv[2] ?? 2)
const value = new Uint8Array(2048).fill(120)

async function measure(
  name: string,
  lanes: number,
  step: (lane: number) => Promise<unknown>,
): Promise<void> {
  const started = performance.now()
  const before = process.cpuUsage()
  const tooksMs: number[] = []
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      while (performance.now() - started < seconds * 1000) {
        const startedMs = performance.now()
        await step(lane)
        tooksMs.push(performance.now() - startedMs)
      }
    }),
  )
  const took = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(before)
  const p99 = tooksMs.toSorted((a, b) => a - b)[Math.floor(tooksMs.length * 0.99)] ?? 0
  const figures = [
    `${Math.round(tooksMs.length / took)}/s`,
    `${((user + system) / tooksMs.length).toFixed(1)} us CPU each`,
    `p99 ${p99.toFixed(2)} ms`,
  ]
  process.stdout.write(`${name.padEnd(28)}${figures.map((each) => each.padStart(20)).join('')}\n`)
}

async function measureStore(name: string, store: Store): Promise<void> {
  for (const lanes of [32, 256]) {
    const revisions = new Map<number, number>()
    await measure(`${name}: put, ${lanes} writers`, lanes, async (lane) => {
      const put = await store.put(`/registry/k-${lane}`, value, revisions.get(lane) ?? 0)
      revisions.set(lane, put.ok ? put.revision : (put.current?.revision ?? 0))
    })
  }
  await measure(`${name}: get, 32 readers`, 32, (lane) => store.get(`/registry/k-${lane}`))
}

{
  await using store = await memoryStore()
  await measureStore('memory', store)
}
const folder = await mkdtemp(join(tmpdir(), 'sampan-bench-'))
try {
  await using store = await logStore(folder)
  await measureStore('log', store)
} finally {
  await rm(folder, { recursive: true })
}
if (etcdMissing) process.stdout.write(`etcd: ${etcdMissing}\n`)
else {
  await using etcd = await startEtcd()
  await using store = await etcdStore({
    endpoints: etcd.endpoints,
    clock: systemClock,
    signal: new AbortController().signal,
    log: silentLog,
  })
  await measureStore('etcd', store)
}
