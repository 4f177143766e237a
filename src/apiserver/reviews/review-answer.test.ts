import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { kubernetesProtobuf } from '../protobuf.ts'
import { startTestServer, type TestServer } from '../testing/test-server.ts'

let server: TestServer
before(async () => {
  server = await startTestServer({ tokenFile: 'secret-token,ada,uid-1,dev\n' })
})
after(() => server[Symbol.asyncDispose]())

const review = {
  kind: 'SelfSubjectAccessReview',
  apiVersion: 'authorization.k8s.io/v1',
  spec: { nonResourceAttributes: { path: '/api', verb: 'get' } },
}

function ask(accept: string) {
  return server.ask('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    method: 'POST',
    headers: {
      authorization: 'Bearer secret-token',
      'content-type': 'application/json',
      accept,
    },
    body: JSON.stringify(review),
  })
}

test('a review is no Table', async () => {
  const answer = await ask('application/json;as=Table;v=v1;g=meta.k8s.io')
  assert.equal(answer.status, 406)
  assert.equal(answer.json()['reason'], 'NotAcceptable')
  const either = await ask('application/json;as=Table;v=v1;g=meta.k8s.io,application/json')
  assert.equal(either.status, 201, 'a client that takes the object as well gets the object')
})

test('a review is answered in the form that is asked for', async () => {
  const yaml = await ask('application/yaml')
  assert.equal(yaml.headers['content-type'], 'application/yaml')
  assert.match(
    yaml.text,
    /^kind: SelfSubjectAccessReview\napiVersion: authorization\.k8s\.io\/v1\n/,
  )
  const protobuf = await ask('application/vnd.kubernetes.protobuf')
  assert.equal(protobuf.headers['content-type'], 'application/vnd.kubernetes.protobuf')
  assert.match(protobuf.text, /^k8s\0/)
})

test('a review keeps its fields on the way through protobuf', () => {
  const status = { allowed: true, denied: false, reason: 'role', evaluationError: '' }
  const { read, write } = kubernetesProtobuf
  const { spec, status: found } = read(write({ ...review, metadata: {}, status }))
  assert.deepEqual({ spec, status: found }, { spec: review.spec, status })
})
