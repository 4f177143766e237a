// From outside: a NodePort answers on the host, is balanced over Pods and served by every node.

import assert from 'node:assert/strict'
import { eventually, get, type TestCluster } from './support/cluster.ts'
import type { PodList, Service } from './support/kinds.ts'
import { scenario } from './support/scenario.ts'

const manifest = `apiVersion: v1
kind: ConfigMap
metadata: {name: nginx-conf}
data:
  nginx.conf: |
    events {}
    http {
      server {
        listen 80;
        location / {
          default_type text/plain;
          return 200 "host: $hostname\\nIP:   $server_addr\\n";
        }
      }
    }
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: nginx}
spec:
  selector: {matchLabels: {app: nginx}}
  template:
    metadata: {labels: {app: nginx}}
    spec:
      containers:
      - name: nginx
        image: nginx:1.23
        ports: [{containerPort: 80}]
        volumeMounts:
        - {name: conf, mountPath: /etc/nginx/nginx.conf, subPath: nginx.conf, readOnly: true}
      volumes:
      - {name: conf, configMap: {name: nginx-conf}}
---
apiVersion: v1
kind: Service
metadata: {name: nginx}
spec:
  type: NodePort
  selector: {app: nginx}
  ports: [{port: 80, nodePort: 30800}]
`

scenario(
  'From outside',
  { name: 'test-b', images: ['nginx'] },
  {
    'B1: a NodePort answers on localhost with the Pod behind it': async (cluster) => {
      const { kubectl } = cluster
      assert.match(await cluster.apply(manifest), /service\/nginx created/)
      await kubectl('wait', '--for=condition=Available', 'deployment/nginx', '--timeout=30s')
      const [pod] = (await podsOf(cluster)).items
      const { body } = await eventually(() => get('http://localhost:30800/'))
      assert.equal(body, `host: ${pod?.metadata.name}\nIP:   ${pod?.status.podIP}\n`)
    },

    'B2: two Pods on different nodes are both reached': async (cluster) => {
      const { kubectl } = cluster
      await kubectl('scale', 'deployment', 'nginx', '--replicas=2')
      await kubectl('rollout', 'status', 'deployment/nginx', '--timeout=30s')
      const { items } = await podsOf(cluster)
      assert.equal(new Set(items.map(({ spec }) => spec.nodeName)).size, 2)
      const names = items.map(({ metadata }) => metadata.name)
      await eventually(async () => {
        const answers = await Promise.all(Array.from({ length: 20 }, () => hostOf()))
        assert.deepEqual([...new Set(answers)].toSorted(), names.toSorted())
      })
    },

    'B3: every node answers, and a port is given once': async (cluster) => {
      const { kubectl, tryKubectl, json } = cluster
      const [pod] = (await podsOf(cluster)).items
      for (const node of ['172.18.0.2', '172.18.0.3', '172.18.0.4']) {
        const curl = ['curl', '-sS', '-m', '2', `http://${node}:30800/`]
        const page = await kubectl('exec', pod?.metadata.name ?? '', '--', ...curl)
        assert.match(page, /^host: nginx-/)
      }
      const second = ['create', 'service', 'nodeport', 'second', '--tcp=80:80']
      const refused = await tryKubectl(...second, '--node-port=30800')
      assert.equal(refused.exitCode, 1)
      assert.match(
        refused.stderr,
        /spec\.ports\[0\]\.nodePort: Invalid value: 30800: provided port is already allocated/,
      )
      await kubectl(...second)
      const { spec } = await json<Service>('get', 'service', 'second')
      const port = spec.ports[0]?.nodePort ?? 0
      assert.ok(port >= 30000 && port <= 32767, `${port} is no NodePort`)
    },
  },
)

async function hostOf(): Promise<string> {
  const { body } = await get('http://127.0.0.1:30800/')
  return /^host: (.+)$/m.exec(body)?.[1] ?? ''
}

function podsOf({ json }: TestCluster): Promise<PodList> {
  return json<PodList>('get', 'pods', '-l', 'app=nginx')
}
