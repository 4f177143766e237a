import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '../../api/types.gen.ts'
import { kubeletOf, logPath, streamPath } from './kubelet-location.ts'

const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'a', name: 'web' },
  spec: {
    initContainers: [{ name: 'prepare', resources: {} }],
    containers: [
      { name: 'main', resources: {} },
      { name: 'side', resources: {} },
    ],
    nodeName: 'n1',
  },
  status: {},
}
const single: Pod = { ...pod, spec: { ...pod.spec, containers: [{ name: 'main', resources: {} }] } }
const query = (text: string) => new URLSearchParams(text)

test('the only container is meant when none is named', () => {
  assert.equal(
    logPath(single, query('follow=true&tailLines=5')),
    '/containerLogs/a/web/main?follow=true&tailLines=5&stream=All',
  )
})

test('a flag is off in whatever case it is written', () => {
  assert.equal(
    streamPath('exec', single, query('stdin=False&stdout=True&stderr=1&tty=FALSE&command=ls')),
    '/exec/a/web/main?output=1&error=1&command=ls',
  )
  assert.equal(
    logPath(single, query('follow=False&timestamps=True')),
    '/containerLogs/a/web/main?timestamps=true&stream=All',
  )
})

test('of several containers one must be named', () => {
  assert.throws(() => logPath(pod, query('')), {
    reason: 'BadRequest',
    message: 'a container name must be specified for pod web, choose one of: [prepare main side]',
  })
  assert.throws(() => logPath(pod, query('container=other')), {
    message: 'container other is not valid for pod web',
  })
})

test('a number below its least is invalid', () => {
  assert.throws(() => logPath(single, query('tailLines=-1')), {
    reason: 'Invalid',
    message:
      'PodLogOptions "web" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
  })
})

test('exec and port-forward use the names of the kubelet', () => {
  assert.equal(
    streamPath('exec', single, query('command=sh&command=-c&stdin=true&stdout=true&stderr=false')),
    '/exec/a/web/main?input=1&output=1&command=sh&command=-c',
  )
  assert.equal(
    streamPath('portforward', pod, query('ports=80&ports=81')),
    '/portForward/a/web?port=80%2C81',
  )
})

test('the kubelet is at the internal address and the port its node says', () => {
  const node: Node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n1' },
    spec: {},
    status: {
      addresses: [
        { type: 'Hostname', address: 'n1' },
        { type: 'InternalIP', address: '172.18.0.2' },
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    },
  }
  assert.deepEqual(kubeletOf(node, undefined), { scheme: 'https', host: '172.18.0.2', port: 10250 })
})
