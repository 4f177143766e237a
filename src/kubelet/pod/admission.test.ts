import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rejection } from './admission.ts'
import { container, testPod } from './test-observed.ts'

const node = {
  name: 'worker',
  labels: { zone: 'a', size: '4' },
  allocatable: { cpu: '1', pods: '2' },
}

function asking(cpu: string) {
  return testPod({ containers: [container('web', { resources: { requests: { cpu } } })] })
}

test('a Pod that fits is let in', () => {
  assert.equal(rejection(asking('600m'), [asking('400m')], node), undefined)
})

test('a Pod for which there is no room is refused with the amounts', () => {
  assert.deepEqual(rejection(asking('700m'), [asking('400m')], node), {
    reason: 'OutOfcpu',
    message:
      "Pod was rejected: Node didn't have enough resource: cpu, requested: 700m, used: 400m, capacity: 1",
  })
  const ended = { ...asking('400m'), status: { phase: 'Succeeded' as const } }
  assert.equal(rejection(asking('700m'), [ended], node), undefined)
  assert.equal(rejection(testPod(), [testPod(), testPod()], node)?.reason, 'OutOfpods')
})

test('a Pod for other nodes is refused', () => {
  const elsewhere = testPod({ nodeSelector: { zone: 'b' } })
  assert.deepEqual(rejection(elsewhere, [], node), {
    reason: 'NodeAffinity',
    message:
      "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
  })
  const needs = (size: string) =>
    testPod({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              {
                matchExpressions: [{ key: 'size', operator: 'Gt', values: [size] }],
                matchFields: [{ key: 'metadata.name', operator: 'In', values: ['worker'] }],
              },
            ],
          },
        },
      },
    })
  assert.equal(rejection(needs('3'), [], node), undefined)
  assert.equal(rejection(needs('4'), [], node)?.reason, 'NodeAffinity')
})

test('a port of the node is given once', () => {
  const on = (hostPort: number, hostIP = '') =>
    testPod({
      containers: [container('web', { ports: [{ containerPort: 80, hostPort, hostIP }] })],
    })
  assert.equal(rejection(on(80), [on(81)], node), undefined)
  assert.equal(rejection(on(80), [on(80)], node)?.reason, 'NodePorts')
  assert.equal(rejection(on(80, '10.0.0.1'), [on(80, '10.0.0.2')], node), undefined)
  assert.equal(rejection(on(80, '10.0.0.1'), [on(80)], node)?.reason, 'NodePorts')
})
