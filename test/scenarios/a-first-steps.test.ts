// First steps: a cluster from a kind file, images from a file, Pods, their addresses, a Service.

import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { eventually, isUnknownToHost } from './support/cluster.ts'
import type { Node, Pod, PodList, Service } from './support/kinds.ts'
import { scenario } from './support/scenario.ts'

const kindFile = `kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
nodes:
- role: control-plane
  extraPortMappings:
  - containerPort: 30800
    hostPort: 30800
- role: worker
- role: worker
`

scenario(
  'First steps',
  { name: 'test-a', kindFile, images: ['nginx', 'toolbox'] },
  {
    'A1: a kind file gives three Ready nodes, the first a control plane': async ({
      kubectl,
      json,
    }) => {
      const { items } = await json<{ items: Node[] }>('get', 'nodes')
      assert.deepEqual(
        items.map(({ metadata, status }) => [
          metadata.name,
          status.conditions.find(({ type }) => type === 'Ready')?.status,
        ]),
        [
          ['test-a-control-plane', 'True'],
          ['test-a-worker', 'True'],
          ['test-a-worker2', 'True'],
        ],
      )
      const lines = (await kubectl('get', 'nodes')).split('\n').slice(1)
      assert.match(lines[0] ?? '', /^test-a-control-plane +Ready +control-plane /)
      assert.match(lines[1] ?? '', /^test-a-worker +Ready +<none> /)
    },

    'A2: a missing image is told by status and events': async ({ kubectl, json }) => {
      await kubectl('run', 'missing', '--image=127.0.0.1:1/nobody/nothing:1')
      await eventually(async () => {
        const pod = await json<Pod>('get', 'pod', 'missing')
        assert.match(
          pod.status.containerStatuses?.[0]?.state?.waiting?.reason ?? '',
          /^(ErrImagePull|ImagePullBackOff)$/,
        )
      })
      await eventually(async () => {
        const described = await kubectl('describe', 'pod', 'missing')
        assert.match(described, /Failed to pull image "127\.0\.0\.1:1\/nobody\/nothing:1": .+/)
        assert.match(described, /Error: ErrImagePull/)
        assert.match(described, /Error: ImagePullBackOff/)
      })
      await kubectl('delete', 'pod', 'missing', '--now')
    },

    'A3: a Deployment runs a Pod of a loaded image': async ({ kubectl }) => {
      await kubectl('create', 'deployment', 'nginx', '--image=nginx:1.23')
      await kubectl('wait', '--for=condition=Available', 'deployment/nginx', '--timeout=30s')
      const [, line = ''] = (await kubectl('get', 'pods')).split('\n')
      assert.match(line, /^nginx-[a-z0-9]+-[a-z0-9]{5} +1\/1 +Running +0 /)
    },

    'A4: the Pod has the address that its status says': async ({ kubectl, json }) => {
      const pod = await onlyPod(json)
      const { name } = pod.metadata
      const byTemplate = await kubectl('get', 'pod', name, '--template', '{{.status.podIP}}')
      const byPath = await kubectl('get', 'pod', name, '-o', 'jsonpath={.status.podIP}')
      assert.equal(byTemplate, pod.status.podIP)
      assert.equal(byPath, pod.status.podIP)
      assert.match(byPath, /^10\.244\.[12]\.\d+$/)
      assert.equal((await kubectl('exec', name, '--', 'hostname', '-I')).trim(), byPath)
    },

    'A4: an interactive terminal opens, and ends with what its shell ended with': async ({
      kubectl,
      json,
      identity,
    }) => {
      const { name } = (await onlyPod(json)).metadata
      const address = await kubectl('get', 'pod', name, '-o', 'jsonpath={.status.podIP}')
      const config = `--kubeconfig ${identity.home}/.kube/config --context sampan-test-a`
      const terminal = `kubectl ${config} exec -it ${name} -- /bin/bash`
      const { stdout, exitCode } = await identity.run(
        ['script', '--quiet', '--return', '--command', terminal, '/dev/null'],
        { input: 'tty\nhostname -I\nexit 5\n' },
      )
      assert.match(stdout, /^\/dev\/pts\/\d+\r$/m)
      assert.match(stdout, new RegExp(`^${address.replaceAll('.', '\\.')} *\\r$`, 'm'))
      assert.equal(exitCode, 5, stdout)
    },

    'A5: the address does not answer from outside': async ({ identity }) => {
      await isUnknownToHost(identity)
    },

    'A6: a deleted Pod is replaced by another': async ({ kubectl, json }) => {
      const before = await onlyPod(json)
      await kubectl('delete', 'pod', before.metadata.name)
      await kubectl('wait', '--for=condition=Available', 'deployment/nginx', '--timeout=30s')
      const after = await onlyPod(json)
      assert.notEqual(after.metadata.name, before.metadata.name)
      assert.notEqual(after.status.podIP, before.status.podIP)
    },

    'A7: a ClusterIP answers from Pods and not from outside': async ({
      kubectl,
      json,
      identity,
    }) => {
      const port = ['--port=8080', '--target-port=80']
      await kubectl('expose', 'deployment', 'nginx', '--type=ClusterIP', ...port)
      const service = await json<Service>('get', 'service', 'nginx')
      assert.match(service.spec.clusterIP, /^10\.96\.\d+\.\d+$/)
      const listed = await kubectl('get', 'svc')
      assert.match(listed, /^kubernetes +ClusterIP +10\.96\.0\.1 +<none> +443\/TCP /m)
      assert.match(listed, /^nginx +ClusterIP +10\.96\.\d+\.\d+ +<none> +8080\/TCP /m)
      const pod = await onlyPod(json)
      const url = `http://${service.spec.clusterIP}:8080/`
      await eventually(async () => {
        const page = await kubectl('exec', pod.metadata.name, '--', 'curl', '-sS', '-m', '2', url)
        assert.match(page, /<html>/)
      })
      await isUnknownToHost(identity)
    },

    'A8: deleted, nothing of them stays': async ({ kubectl, identity }) => {
      await kubectl('delete', 'deployment', 'nginx')
      await kubectl('delete', 'svc', 'nginx')
      await eventually(async () => {
        assert.equal(await kubectl('get', 'pods', '-o', 'name'), '')
        const pods = globSync(`${identity.home}/.local/share/sampan/clusters/test-a/nodes/*/pods/*`)
        assert.deepEqual(pods, [])
      })
    },
  },
)

async function onlyPod(json: <T>(...argv: string[]) => Promise<T>): Promise<Pod> {
  return eventually(async () => {
    const { items } = await json<PodList>('get', 'pods', '-l', 'app=nginx')
    const living = items.filter(({ metadata }) => !metadata.deletionTimestamp)
    assert.equal(living.length, 1)
    return living[0] as Pod
  })
}
