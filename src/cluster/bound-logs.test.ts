import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../lib/clock.ts'
import { boundLogs } from './bound-logs.ts'

test('a log that has grown too long is set aside and emptied; a short one stays', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sampan-logs-'))
  const path = (name: string) => join(folder, name)
  await writeFile(path('agent.log'), 'a long log')
  await writeFile(path('porter.log'), 'short')
  const stop = new AbortController()
  const running = boundLogs(folder, { clock: systemClock, signal: stop.signal, limitBytes: 5 })
  while ((await readFile(path('agent.log'), 'utf8')) !== '') await systemClock.sleep(5)
  stop.abort()
  await running
  assert.equal(await readFile(path('agent.log.1'), 'utf8'), 'a long log')
  assert.equal(await readFile(path('porter.log'), 'utf8'), 'short')
  await rm(folder, { recursive: true })
})
