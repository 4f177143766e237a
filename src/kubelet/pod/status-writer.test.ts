import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusError } from '../../api/status-error.ts'
import type { Pod } from '../../api/types.gen.ts'
import { createClient } from '../../client/create-client.ts'
import { fakeApi } from '../../client/fake-api.ts'
import { systemClock } from '../../lib/clock.ts'
import { lineLog } from '../../lib/log.ts'
import { createStatusWriter } from './status-writer.ts'

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'shop', name: 'web-0', uid: 'old' },
  spec: { containers: [] },
}

test('the status of a Pod whose name another has now is given up without a word', async () => {
  const lines: string[] = []
  const api = fakeApi()
  const writer = createStatusWriter(createClient(api), {
    clock: systemClock,
    log: lineLog((line) => void lines.push(line)),
    signal: new AbortController().signal,
  })
  const causes = [{ field: 'metadata.uid', message: 'Invalid value: "old": field is immutable' }]
  api.fail(/^PATCH .*web-0/, new StatusError('Invalid', 'web-0 is invalid', { causes }))
  writer.want(pod, { phase: 'Failed' })
  await writer.flushed()
  assert.equal(api.requests.length, 1)
  assert.deepEqual(lines, [])
})
