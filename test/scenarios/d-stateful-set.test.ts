// D6. A StatefulSet with a headless Service: stable names, in order.

import assert from 'node:assert/strict'
import { eventually, type TestCluster } from './support/cluster.ts'
import type { PodList } from './support/kinds.ts'
import { scenario } from './support/scenario.ts'

const manifest = `
apiVersion: v1
kind: Service
metadata: { name: nginx }
spec: { clusterIP: None, selector: { app: web }, ports: [{ port: 80, name: web }] }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: web }
spec:
  serviceName: nginx
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 5
      containers:
      - name: nginx
        image: nginx
        imagePullPolicy: IfNotPresent
        readinessProbe: { httpGet: { path: /, port: 80 } }
---
apiVersion: v1
kind: Pod
metadata: { name: tool }
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - { name: tool, image: toolbox, imagePullPolicy: IfNotPresent, command: [sleep, infinity] }
`

scenario(
  'D6 a StatefulSet',
  { name: 'test-d6', images: ['nginx', 'toolbox'] },
  {
    async 'D6 its Pods start in order, the next when the one before is ready'(c) {
      await c.apply(manifest)
      await c.kubectl('rollout', 'status', 'statefulset/web', '--timeout=60s')
      assert.deepEqual(await names(c), ['web-0', 'web-1'])
      const [first, second] = (await pods(c)).map(({ metadata, status }) => ({
        madeAt: Date.parse(metadata.creationTimestamp),
        readyAt: Date.parse(
          status.conditions.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? '',
        ),
      }))
      assert.ok(first && second && first.readyAt <= second.madeAt)
    },

    async 'D6 each has a name of its own in DNS, and its host name says so'(c) {
      await c.kubectl('wait', '--for=condition=Ready', 'pod/tool', '--timeout=30s')
      for (const pod of ['web-0', 'web-1']) {
        assert.equal(await c.kubectl('exec', pod, '--', 'hostname'), pod)
        const address = await c.kubectl('get', 'pod', pod, '-o', 'jsonpath={.status.podIP}')
        const full = `${pod}.nginx.default.svc.cluster.local`
        await eventually(async () => {
          const answer = await c.kubectl('exec', 'tool', '--', 'nslookup', '-type=a', full)
          assert.match(answer, new RegExp(`^Address: *${address.replaceAll('.', '\\.')}$`, 'm'))
        })
        // By the short name, too, which the resolver completes.
        await c.kubectl('exec', 'tool', '--', 'curl', '-sSf', `http://${pod}.nginx/`)
      }
    },

    async 'D6 a Pod that ends comes back under its name'(c) {
      const uid = () => c.kubectl('get', 'pod', 'web-0', '-o', 'jsonpath={.metadata.uid}')
      const before = await uid()
      await c.kubectl('delete', 'pod', 'web-0')
      await eventually(async () => assert.notEqual(await uid(), before))
      await c.kubectl('rollout', 'status', 'statefulset/web', '--timeout=60s')
      assert.deepEqual(await names(c), ['web-0', 'web-1'])
    },

    async 'D6 fewer replicas end the last first'(c) {
      await c.kubectl('scale', 'statefulset', 'web', '--replicas=3')
      await c.kubectl('rollout', 'status', 'statefulset/web', '--timeout=60s')
      await c.kubectl('scale', 'statefulset', 'web', '--replicas=1')
      await eventually(async () => assert.deepEqual(await names(c), ['web-0']))
      const events = await c.kubectl(
        ...['get', 'events', '--field-selector', 'involvedObject.name=web'],
        ...['--sort-by=.metadata.creationTimestamp', '-o', 'jsonpath={.items[*].message}'],
      )
      const ended = [...events.matchAll(/delete Pod (web-\d)/g)].map(([, pod]) => pod)
      assert.deepEqual(ended, ['web-2', 'web-1'])
    },
  },
)

interface OrderedPod {
  readonly metadata: { readonly name: string; readonly creationTimestamp: string }
  readonly status: {
    readonly conditions: readonly { readonly type: string; readonly lastTransitionTime: string }[]
  }
}

async function pods(c: TestCluster): Promise<readonly OrderedPod[]> {
  return (await c.json<{ items: OrderedPod[] }>('get', 'pods', '-l', 'app=web')).items
}

async function names(c: TestCluster): Promise<readonly string[]> {
  const { items } = await c.json<PodList>('get', 'pods', '-l', 'app=web')
  return items.map(({ metadata }) => metadata.name)
}
