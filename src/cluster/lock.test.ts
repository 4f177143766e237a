import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../lib/clock.ts'
import { acquireLock } from './lock.ts'

const options = { clock: systemClock, timeoutMs: 0 }

function lockPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'sampan-lock-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return join(folder, 'a.lock')
}

test('a lock is held by one, then by the next', async (t) => {
  const path = lockPath(t)
  const first = await acquireLock(path, options)
  await assert.rejects(acquireLock(path, options), /another sampan command \(pid \d+\) is at work/)
  first.release()
  const second = await acquireLock(path, options)
  second.release()
  assert.deepEqual(readdirSync(dirname(path)), [])
})

test('a holder that died holds nothing, nor does another process with its pid', async (t) => {
  const path = lockPath(t)
  for (const mark of [
    { pid: 2 ** 22 - 1, startTime: 1 },
    { pid: process.pid, startTime: 1 },
  ]) {
    writeFileSync(path, JSON.stringify(mark))
    const lock = await acquireLock(path, options)
    lock.release()
    assert.equal(existsSync(path), false)
  }
})
