// A real API server process over a real disk, killed at any moment while many clients are at work:
// the history of all its lives is one that a server which never died could have.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '../../src/lib/random.ts'
import { faultsOf } from '../history/faults.ts'
import { witnessed } from '../history/recorded-log.ts'
import { createRecorder } from '../simulation/recorder.ts'
import { makeServerFolder, startServerProcess } from './api-server.ts'
import {
  ask,
  connection,
  type Load,
  place,
  runLister,
  runWatcher,
  runWriter,
} from './https-clients.ts'

/** KILL_ROUNDS=n for a longer run. */
const rounds = Number(process.env['KILL_ROUNDS'] ?? 5)

test('killed and started again and again, a server loses, repeats and invents nothing', async () => {
  using folder = makeServerFolder()
  const env = { SNAPSHOT_ABOVE: '150000' }
  let ticks = 0
  let count = 0
  let isEnding = false
  const tick = () => ++ticks
  const recorder = createRecorder(tick)
  const to = connection(folder.ca, folder.client)
  const load: Load = { to, recorder, tick, nextCount: () => ++count, isEnding: () => isEnding }
  const places = [{}, {}, {}]
  let server = await startServerProcess(folder.path, { env })
  to.port = server.port
  const running = [
    ...Array.from({ length: 8 }, () => runWriter(load)),
    ...places.map((place) => runWatcher(load, place)),
    runLister(load),
  ]
  const random = seededRandom(Date.now())
  for (let round = 0; round < rounds; round++) {
    await delay(100 + random.below(700))
    if (round % 3 === 1) {
      server.child.kill('SIGSTOP')
      await delay(100 + random.below(200))
      server.child.kill('SIGCONT')
      await delay(random.below(50))
    }
    await server.kill(round % 4 === 3 ? 'SIGTERM' : 'SIGKILL')
    server = await startServerProcess(folder.path, { env })
    to.port = server.port
  }
  await delay(300)
  isEnding = true
  const last = await ask(to, { method: 'GET', path: '/api/v1/configmaps' })
  await server.kill()
  await Promise.all(running)
  to.agent.destroy()
  const { facts, faults } = witnessed(folder.witness())
  const own = facts.filter(({ key }) => key.startsWith(place))
  const done = recorder.writes.filter(({ outcome }) => outcome === 'done')
  assert.deepEqual([...faults, ...faultsOf({ ...recorder, facts: own })], [])
  assert.equal(last.status, 200)
  assert.ok(done.length > rounds * 5, `${done.length} writes were acknowledged`)
  assert.ok(recorder.watches.some(({ events }) => events.length > 10))
})
