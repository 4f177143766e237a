// When a probe is asked, and which failures count.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Probe } from '../../api/types.gen.ts'
import type { Clock } from '../../lib/clock.ts'
import { runProbeLoop } from './probe-loop.ts'

/** Milliseconds after the container's start of what was asked and of what counted. */
async function follow(probe: Probe, servesFromMs: number, untilMs: number) {
  const stop = new AbortController()
  let nowMs = 0
  const clock: Clock = {
    now: () => new Date(nowMs),
    sleep: async (ms) => {
      nowMs += ms
      if (nowMs > untilMs) stop.abort()
    },
  }
  const asked: number[] = []
  const counted: string[] = []
  const loop = {
    probe,
    clock,
    startedAtMs: 0,
    ask: async () => {
      asked.push(nowMs)
      return { isSuccess: nowMs >= servesFromMs, output: '' }
    },
    mayAsk: () => true,
    told: ({ isSuccess }: { readonly isSuccess: boolean }) =>
      void counted.push(`${isSuccess ? '+' : '-'}${nowMs}`),
    isOver: () => false,
  }
  await runProbeLoop(loop, stop.signal)
  return { asked, counted }
}

test('what comes up soon is found soon, and its first refusals do not count', async () => {
  assert.deepEqual(await follow({ periodSeconds: 10 }, 250, 20_000), {
    asked: [0, 50, 125, 238, 408, 10_408],
    counted: ['+408', '+10408'],
  })
})

test('after one period every failure counts', async () => {
  assert.deepEqual(await follow({ periodSeconds: 1 }, 9_000, 3_000), {
    asked: [0, 50, 125, 238, 408, 663, 1_000, 2_000, 3_000],
    counted: ['-1000', '-2000', '-3000'],
  })
})

test('a delay longer than the period is all the time a container gets', async () => {
  assert.deepEqual(await follow({ initialDelaySeconds: 2, periodSeconds: 1 }, 9_000, 3_000), {
    asked: [2_000, 3_000],
    counted: ['-2000', '-3000'],
  })
})
