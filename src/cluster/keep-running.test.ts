import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock, testClock } from '../lib/clock.ts'
import { silentLog } from '../lib/log.ts'
import { type KeptProcess, keepRunning } from './keep-running.ts'

function kept(argv: readonly string[], started: ChildProcess[]): KeptProcess {
  const [program = '', ...args] = argv
  return {
    name: 'test',
    start() {
      const child = spawn(program, args, { stdio: 'ignore' })
      started.push(child)
      return child
    },
    askToEnd: (child) => void child.kill('SIGTERM'),
    kill: async (child) => void child.kill('SIGKILL'),
  }
}

test('a process that ends is started again, later each time', async () => {
  const clock = testClock()
  const stop = new AbortController()
  const started: ChildProcess[] = []
  const done = keepRunning(kept(['true'], started), {
    clock,
    log: silentLog,
    signal: stop.signal,
  })
  for (const waitMs of [50, 100, 200]) {
    const count = started.length
    const [child] = started.slice(-1)
    if (child && child.exitCode === null) await once(child, 'exit')
    await delay(5)
    clock.advance(waitMs - 1)
    assert.equal(started.length, count)
    clock.advance(1)
    await delay(5)
    assert.equal(started.length, count + 1)
  }
  stop.abort()
  await done
})

test('it is asked to end when the signal aborts, and gone when that resolves', async () => {
  const stop = new AbortController()
  const started: ChildProcess[] = []
  const options = { clock: systemClock, log: silentLog, signal: stop.signal }
  const done = keepRunning(kept(['sleep', '100'], started), options)
  const [child] = started
  assert.ok(child)
  await once(child, 'spawn')
  stop.abort()
  await done
  assert.equal(child.signalCode, 'SIGTERM')
  assert.equal(started.length, 1)
})
