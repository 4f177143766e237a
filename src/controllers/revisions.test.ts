import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planRevision } from './revisions.ts'

const template = {
  spec: { containers: [{ name: 'main', image: 'nginx:1' }] },
  metadata: { name: '', labels: { app: 'web' } },
}

function revisionOf(kind: 'DaemonSet' | 'StatefulSet') {
  const metadata = { name: 'web', namespace: 'default', uid: 'u' }
  const owner = { apiVersion: 'apps/v1', kind, metadata }
  return planRevision({ owner, template, revisions: [], collisionCount: 0 }).latest
}

test('a revision says the hash of its template where clients look for it', () => {
  const hash = revisionOf('DaemonSet').metadata.name.slice('web-'.length)
  assert.deepEqual(revisionOf('DaemonSet').metadata.labels, {
    app: 'web',
    'controller-revision-hash': hash,
  })
  assert.deepEqual(revisionOf('StatefulSet').metadata.labels, {
    app: 'web',
    'controller.kubernetes.io/hash': hash,
  })
})

test('a revision holds its template in the order in which others write it', () => {
  assert.equal(
    JSON.stringify(revisionOf('DaemonSet').data),
    '{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"app":"web"},"name":""},"spec":{"containers":[{"image":"nginx:1","name":"main"}]}}}}',
  )
})
