import assert from 'node:assert/strict'
import { test } from 'node:test'
import { healthPaths, ping, serveHealth, shutdown } from './health.ts'
import { requestOf } from './in-process.ts'

const stopping = new AbortController()
const broken = {
  name: 'etcd',
  async check() {
    throw new Error('no disk')
  },
}

async function ask(path: string, checks = [ping]) {
  const user = { name: 'x', groups: [] }
  const answer = await serveHealth(checks)(requestOf({ method: 'GET', path }, user))
  assert.ok('body' in answer && answer.body instanceof Uint8Array)
  return `${answer.status} ${Buffer.from(answer.body)}`
}

test('all is well', async () => {
  assert.equal(await ask('/livez'), '200 ok')
  assert.equal(await ask('/readyz?verbose'), '200 [+]ping ok\nreadyz check passed\n')
  assert.equal(await ask('/healthz/ping'), '200 ok')
})

test('what fails is named, its reason only on its own path', async () => {
  const checks = [ping, broken]
  assert.equal(
    await ask('/healthz', checks),
    '500 [+]ping ok\n[-]etcd failed: reason withheld\nhealthz check failed\n',
  )
  assert.equal(await ask('/healthz/etcd', checks), '500 internal server error: no disk\n')
  assert.equal(
    await ask('/healthz?exclude=etcd&verbose', checks),
    '200 [+]ping ok\n[+]etcd excluded: ok\nhealthz check passed\n',
  )
  await assert.rejects(ask('/healthz/nothing', checks), { reason: 'NotFound' })
})

test('a server that stops is alive but not ready', async () => {
  const checks = [ping, shutdown(stopping.signal)]
  assert.equal(await ask('/readyz', checks), '200 ok')
  stopping.abort()
  assert.match(await ask('/readyz', checks), /^500 /)
  assert.equal(await ask('/livez', checks), '200 ok')
  assert.deepEqual(healthPaths(checks), [
    ...['/healthz', '/healthz/ping', '/livez', '/livez/ping'],
    ...['/readyz', '/readyz/ping', '/readyz/shutdown'],
  ])
})
