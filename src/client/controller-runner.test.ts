import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusError } from '../api/status-error.ts'
import type { ConfigMap } from '../api/types.gen.ts'
import { systemClock } from '../lib/clock.ts'
import { lineLog } from '../lib/log.ts'
import { seededRandom } from '../lib/random.ts'
import { type Controller, wantsOf } from './controller.ts'
import { runController } from './controller-runner.ts'
import { createClient } from './create-client.ts'
import { createEventRecorder } from './events.ts'
import { fakeApi } from './fake-api.ts'
import { createInformers } from './informers.ts'
import { create, note } from './plan.ts'

/** For each ConfigMap without a copy, makes one; it would make two if its caches lagged. */
const copier: Controller<{ source: ConfigMap; copies: readonly ConfigMap[] }> = {
  name: 'copier',
  reconciles: 'ConfigMap',
  triggers: {
    ConfigMap: ({ current }) => {
      const of = current?.metadata.labels?.['of']
      return of ? [{ namespace: 'shop', name: of }] : []
    },
  },
  observe(key, { ConfigMap }) {
    const source = ConfigMap.get(key)
    if (!source || source.metadata.labels?.['of']) return undefined
    return { source, copies: ConfigMap.matching('shop', { matchLabels: { of: key.name } }) }
  },
  plan({ source, copies }) {
    if (copies.length > 0) return { actions: [] }
    const copy: ConfigMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        namespace: 'shop',
        name: '',
        generateName: `${source.metadata.name}-`,
        labels: { of: source.metadata.name },
      },
    }
    return {
      actions: [
        create('ConfigMap', copy, {
          success: ({ metadata }) => ({
            regarding: source,
            type: 'Normal',
            reason: 'Copied',
            message: `Made ${metadata.name}`,
          }),
          failure: (error) => ({
            regarding: source,
            type: 'Warning',
            reason: 'NotCopied',
            message: error.message,
          }),
        }),
      ],
      afterFailure: () => [note(source, 'Warning', 'WillRetry', 'again later')],
    }
  },
}

test('a failed plan is tried again, a plan that worked is not repeated, events tell of both', async () => {
  const api = fakeApi()
  const client = createClient(api)
  const stop = new AbortController()
  const { signal } = stop
  const clock = systemClock
  const informers = createInformers(client, wantsOf(copier), { signal })
  const source = { component: 'copier' }
  const recorder = createEventRecorder({ client, clock, signal, source, random: seededRandom(1) })
  api.fail(/^POST .*generateName/, new StatusError('Forbidden', 'exceeded quota'))
  const lines: Record<string, unknown>[] = []
  const log = lineLog((line) => void lines.push(JSON.parse(line)))
  const shell = { client, informers, recorder, clock, log, signal }
  const running = runController(copier, shell)
  for (const name of ['a', 'b']) {
    await client.create('ConfigMap', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'shop', name },
    })
  }
  await informers.shown('ConfigMap', () => informers.listers.ConfigMap.list().length === 4)
  // A note is recorded just after its write: the queue is flushed one turn later.
  await new Promise((resolve) => setImmediate(resolve))
  await recorder.flushed()
  const reasons = api
    .objects('/api/v1/namespaces/shop/events')
    .map((event) => ('reason' in event ? event.reason : ''))
  assert.deepEqual(reasons.toSorted(), ['Copied', 'Copied', 'NotCopied', 'WillRetry'])
  assert.deepEqual(
    lines.map(({ level, message, error }) => ({ level, message, error })),
    [{ level: 'info', message: 'refused, will be tried again', error: 'exceeded quota' }],
  )
  stop.abort()
  await running
  await informers.ended
})
