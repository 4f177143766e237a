import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inProcess } from './in-process.ts'

test('a part that asks in process says which program it is, unless the request does', async () => {
  const agents: (string | string[] | undefined)[] = []
  const handler: Parameters<typeof inProcess>[0] = async (request) => {
    agents.push(request.headers['user-agent'])
    return { status: 200, headers: {}, body: new Uint8Array() }
  }
  const user = { name: 'system:kube-scheduler', groups: [] }
  const named = inProcess(handler, user, 'kube-scheduler/v1')
  await named.send({ method: 'GET', path: '/api' })
  await named.send({ method: 'GET', path: '/api', headers: { 'User-Agent': 'other' } })
  await inProcess(handler, user).send({ method: 'GET', path: '/api' })
  assert.deepEqual(agents, ['kube-scheduler/v1', 'other', undefined])
})
