import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guardedTransport, NotSent } from './guarded-transport.ts'

test('reads always go through, writes while they may', async () => {
  const sent: string[] = []
  const transport = {
    send: async ({ method }: { method: string }) => {
      sent.push(method)
      return { status: 200, headers: {}, body: (async function* () {})() }
    },
    close() {},
  }
  let mayWrite = true
  const guarded = guardedTransport(transport, () => mayWrite)
  await guarded.send({ method: 'POST', path: '/' })
  mayWrite = false
  await guarded.send({ method: 'GET', path: '/' })
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const)
    await assert.rejects(guarded.send({ method, path: '/' }), NotSent)
  assert.deepEqual(sent, ['POST', 'GET'])
})
