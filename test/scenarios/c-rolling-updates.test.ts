// C6. Rolling updates: under a steady load on the Service not one request fails.

import assert from 'node:assert/strict'
import { eventually, get, type TestCluster } from './support/cluster.ts'
import { scenario } from './support/scenario.ts'

const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
      - name: nginx
        image: nginx:1.22
        imagePullPolicy: IfNotPresent
        readinessProbe: { httpGet: { path: /, port: 80 } }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: NodePort, selector: { app: web }, ports: [{ port: 80 }] }
`

scenario(
  'C6 rolling updates',
  { name: 'test-c6', images: ['nginx'] },
  {
    async 'C6 set image, history, undo, pause and resume lose no request'(c) {
      await c.apply(manifest)
      await rolledOut(c)
      const port = await c.kubectl('get', 'svc', 'web', '-o', 'jsonpath={.spec.ports[0].nodePort}')
      const url = `http://127.0.0.1:${port}/`
      await eventually(() => get(url))
      const load = startLoad(url)
      await c.kubectl('set', 'image', 'deployment/web', 'nginx=nginx:1.23')
      await rolledOut(c)
      assert.equal(await imageOf(c), 'nginx:1.23')
      const history = await c.kubectl('rollout', 'history', 'deployment/web')
      assert.match(history, /^1 +<none>\n2 +<none>$/m)
      await c.kubectl('rollout', 'undo', 'deployment/web')
      await rolledOut(c)
      assert.equal(await imageOf(c), 'nginx:1.22')
      await c.kubectl('rollout', 'pause', 'deployment/web')
      await c.kubectl('set', 'image', 'deployment/web', 'nginx=nginx:1.25')
      assert.equal(await updatedReplicas(c), '')
      await c.kubectl('rollout', 'resume', 'deployment/web')
      await rolledOut(c)
      const { answered, failures } = await load.stop()
      assert.deepEqual(failures, [])
      assert.ok(answered > 0)
    },
  },
)

function rolledOut(c: TestCluster): Promise<string> {
  return c.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
}

function imageOf(c: TestCluster): Promise<string> {
  const path = 'jsonpath={.spec.template.spec.containers[0].image}'
  return c.kubectl('get', 'deployment', 'web', '-o', path)
}

/** Empty once the controller has seen the paused template, of which there are no Pods. */
async function updatedReplicas(c: TestCluster): Promise<string> {
  const read = (field: string) => c.kubectl('get', 'deployment', 'web', '-o', `jsonpath={${field}}`)
  await eventually(async () =>
    assert.equal(await read('.status.observedGeneration'), await read('.metadata.generation')),
  )
  return read('.status.updatedReplicas')
}

/** Four clients, each with a connection of its own for every request. */
function startLoad(url: string) {
  let isOver = false
  let answered = 0
  const failures: string[] = []
  const client = async () => {
    while (!isOver) {
      try {
        const { status } = await get(url)
        if (status === 200) answered += 1
        else failures.push(String(status))
      } catch (error) {
        failures.push(String(error))
      }
    }
  }
  const clients = Array.from({ length: 4 }, client)
  return {
    async stop() {
      isOver = true
      await Promise.all(clients)
      return { answered, failures }
    },
  }
}
