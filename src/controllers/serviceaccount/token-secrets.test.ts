import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigMap, Secret, ServiceAccount } from '../../api/types.gen.ts'
import { planLegacyToken } from './legacy-token-cleaner.ts'
import { planTokenSecret } from './token-secrets.ts'

const encode = (text: string) => Buffer.from(text).toString('base64')
const account: ServiceAccount = {
  ...{ apiVersion: 'v1', kind: 'ServiceAccount' },
  metadata: { namespace: 'a', name: 'robot', uid: 'u1' },
  secrets: [{ name: 'token' }],
}
const secretOf = (more: Partial<Secret> = {}, labels: Record<string, string> = {}): Secret => ({
  ...{ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/service-account-token' },
  metadata: {
    ...{ namespace: 'a', name: 'token', uid: 's1', labels },
    creationTimestamp: '2020-01-01T00:00:00Z',
    annotations: { 'kubernetes.io/service-account.name': 'robot' },
  },
  ...more,
})
const options = { rootCa: 'CA', sign: () => 'signed' }

test('a token Secret is filled once, and keeps what else it holds', () => {
  const secret = secretOf({ data: { extra: 'eA==' } })
  const [action] = planTokenSecret({ secret, account }, options).actions
  assert.ok(action?.verb === 'update' && action.kind === 'Secret')
  const { object } = action
  assert.deepEqual(object.data, {
    ...{ extra: 'eA==', 'ca.crt': encode('CA') },
    ...{ namespace: encode('a'), token: encode('signed') },
  })
  assert.equal(object.metadata.annotations?.['kubernetes.io/service-account.uid'], 'u1')
  assert.deepEqual(planTokenSecret({ secret: object, account }, options).actions, [])
})

test('a token Secret goes with its account, also where another has its name', () => {
  const verb = (secret: Secret, of: ServiceAccount | undefined) =>
    planTokenSecret({ secret, account: of }, options).actions.map((action) => action.verb)
  assert.deepEqual(verb(secretOf(), undefined), ['delete'])
  const annotations = { 'kubernetes.io/service-account.uid': 'older' }
  const old = secretOf({ metadata: { namespace: 'a', name: 'token', annotations } })
  assert.deepEqual(verb(old, account), ['delete'])
})

test('an automatic token that nobody used for a year is marked, and deleted a year later', () => {
  const tracking = (since = '2024-01-01'): ConfigMap => ({
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'tracking' } },
    data: { since },
  })
  const now = new Date('2026-01-02T00:00:00Z')
  const actions = (labels: Record<string, string>, since?: string) =>
    planLegacyToken(
      { secret: secretOf({}, labels), account, pods: [], tracking: tracking(since) },
      now,
    ).actions
  const used = 'kubernetes.io/legacy-token-last-used'
  const invalid = 'kubernetes.io/legacy-token-invalid-since'
  assert.deepEqual(actions({ [used]: '2025-06-01' }), [])
  assert.deepEqual(actions({}, '2025-06-01'), [])
  const [mark] = actions({ [used]: '2024-06-01' })
  assert.ok(mark?.verb === 'patch')
  assert.deepEqual(mark.patch, { metadata: { uid: 's1', labels: { [invalid]: '2026-01-02' } } })
  assert.deepEqual(actions({ [invalid]: '2025-06-01' }), [])
  assert.deepEqual(
    actions({ [invalid]: '2024-12-01' }).map((action) => action.verb),
    ['delete'],
  )
})
