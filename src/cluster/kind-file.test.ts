import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseKindFile } from './kind-file.ts'

const head = 'kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\n'

function mistakes(text: string): readonly string[] {
  try {
    parseKindFile(text, 'kind.yml')
  } catch (error) {
    return error instanceof Error ? error.message.split('\n') : []
  }
  return []
}

test('a file with nodes and port mappings is read whole', () => {
  const text = `${head}nodes:
- role: control-plane
  extraPortMappings:
  - containerPort: 30800
    hostPort: 30800
- role: worker
  labels: {tier: front}
`
  assert.deepEqual(parseKindFile(text, 'kind.yml'), {
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
    nodes: [
      { role: 'control-plane', extraPortMappings: [{ containerPort: 30800, hostPort: 30800 }] },
      { role: 'worker', labels: { tier: 'front' } },
    ],
  })
})

test('each mistake is named with its line and the whole path', () => {
  const text = `${head}nodes:
- rol: worker
- role: manager
- role: worker
  extraPortMappings:
  - containerPort: 70000
  - hostPort: "80"
networking:
  disableDefaultCNI: "no"
  podSubnets: 10.0.0.0/8
`
  assert.deepEqual(mistakes(text), [
    'kind.yml:4: nodes[0].rol: unknown field, did you mean role?',
    'kind.yml:5: nodes[1].role: expected control-plane or worker',
    'kind.yml:8: nodes[2].extraPortMappings[0].containerPort: expected a number from -1 to 65535',
    'kind.yml:9: nodes[2].extraPortMappings[1].hostPort: expected a number from -1 to 65535',
    'kind.yml:11: networking.disableDefaultCNI: expected true or false',
    'kind.yml:12: networking.podSubnets: unknown field, did you mean podSubnet?',
  ])
})

test('broken YAML is reported where it breaks', () => {
  const [first = ''] = mistakes(`${head}nodes:\n- role: [worker\n`)
  assert.match(first, /^kind\.yml:\d+: /)
})

test('a file of another kind or version is refused', () => {
  assert.deepEqual(mistakes('kind: Pod\napiVersion: v1\n'), [
    'kind.yml:1: kind: expected Cluster',
    'kind.yml:2: apiVersion: expected kind.x-k8s.io/v1alpha4',
  ])
  assert.deepEqual(mistakes('name: x\n'), [
    'kind.yml:1: kind: Cluster is required',
    'kind.yml:1: apiVersion: kind.x-k8s.io/v1alpha4 is required',
  ])
  assert.deepEqual(mistakes(''), ['kind.yml:1: expected a Cluster, e.g. "kind: Cluster"'])
})

test('an empty value means absent', () => {
  assert.deepEqual(parseKindFile(`${head}name:\nnodes:\n`, 'kind.yml'), {
    kind: 'Cluster',
    apiVersion: 'kind.x-k8s.io/v1alpha4',
  })
})
