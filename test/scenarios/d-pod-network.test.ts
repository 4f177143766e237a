// D. The Pod network: addresses, environment, DNS.

import assert from 'node:assert/strict'
import { eventually, type TestCluster } from './support/cluster.ts'
import { scenario } from './support/scenario.ts'

const myNginx = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: my-nginx }
spec:
  replicas: 2
  selector: { matchLabels: { run: my-nginx } }
  template:
    metadata: { labels: { run: my-nginx } }
    spec:
      containers:
      - name: my-nginx
        image: nginx
        imagePullPolicy: IfNotPresent
        ports: [{ containerPort: 80 }]
---
apiVersion: v1
kind: Service
metadata: { name: my-nginx, labels: { run: my-nginx } }
spec:
  ports: [{ port: 80, protocol: TCP, name: http }]
  selector: { run: my-nginx }
`

const tool = (name: string, more = '') => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { tool: ${name} } }
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - { name: tool, image: toolbox, imagePullPolicy: IfNotPresent, command: [sleep, infinity] }
${more}`

scenario(
  'D the pod network',
  { name: 'test', images: ['nginx', 'toolbox'] },
  {
    async 'D1 two servers on one node listen on the same port, each at its own address'(c) {
      const node = 'test-worker'
      for (const name of ['one', 'two']) {
        await c.apply(`
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  nodeName: ${node}
  containers: [{ name: nginx, image: nginx, imagePullPolicy: IfNotPresent }]
`)
      }
      await c.apply(tool('near', `  nodeName: ${node}\n`))
      await c.apply(tool('far', '  nodeName: test-worker2\n'))
      await c.kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=60s')
      for (const name of ['one', 'two']) {
        assert.match(await run(c, 'near', 'curl', '-s', await podIp(c, name)), /Welcome to nginx!/)
        assert.match(await run(c, 'far', 'curl', '-s', await podIp(c, name)), /Welcome to nginx!/)
      }
    },

    async 'D1 the peer sees the real address of the caller, across nodes'(c) {
      const address = await podIp(c, 'far')
      await run(c, 'far', 'curl', '-s', '-A', 'from-far', await podIp(c, 'one'))
      await eventually(async () => {
        const log = await c.kubectl('logs', 'one')
        assert.match(log, new RegExp(`^${address.replaceAll('.', '\\.')} .*from-far`, 'm'))
      })
    },

    async 'D1 containers of one Pod reach each other on localhost'(c) {
      await c.apply(`
apiVersion: v1
kind: Pod
metadata: { name: pair }
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - { name: nginx, image: nginx, imagePullPolicy: IfNotPresent }
  - { name: tool, image: toolbox, imagePullPolicy: IfNotPresent, command: [sleep, infinity] }
`)
      await c.kubectl('wait', '--for=condition=Ready', 'pod/pair', '--timeout=60s')
      const body = await c.kubectl('exec', 'pair', '-c', 'tool', '--', 'curl', '-s', 'localhost')
      assert.match(body, /Welcome to nginx!/)
      await c.kubectl('delete', 'pod', 'pair', 'one', 'two', '--now')
    },

    async 'D4 a Pod started before the Service has no variables of it'(c) {
      const names = await run(c, 'near', 'printenv')
      assert.doesNotMatch(names, /MY_NGINX/)
      assert.match(names, /^KUBERNETES_SERVICE_HOST=10\.96\.0\.1$/m)
      assert.match(names, /^KUBERNETES_SERVICE_PORT=443$/m)
    },

    async 'D2 the Pods of a deployment show podIP and podIPs'(c) {
      await c.apply(myNginx)
      await c.kubectl('rollout', 'status', 'deployment/my-nginx', '--timeout=60s')
      const text = await c.kubectl('get', 'pods', '-l', 'run=my-nginx', '-o', 'yaml')
      assert.equal(text.match(/^ {4}podIP: 10\.244\.\d+\.\d+$/gm)?.length, 2)
      assert.equal(text.match(/^ {4}podIPs:\n {4}- ip: 10\.244\.\d+\.\d+$/gm)?.length, 2)
    },

    async 'D3 service, endpoints and slices follow the Pods as they come and go'(c) {
      assert.match(
        await c.kubectl('get', 'svc', 'my-nginx', '--no-headers'),
        /^my-nginx\s+ClusterIP\s+10\.96\.\S+\s+<none>\s+80\/TCP\s+\S+$/,
      )
      const text = await c.kubectl('describe', 'svc', 'my-nginx')
      assert.match(text, /^IP Family Policy:\s+SingleStack$/m)
      assert.match(text, /^IP Families:\s+IPv4$/m)
      assert.match(text, /^IPs:\s+10\.96\.\S+$/m)
      await eventually(async () => assert.deepEqual(await endpoints(c), await podIps(c)))
      await c.kubectl('scale', 'deployment/my-nginx', '--replicas=3')
      await c.kubectl('rollout', 'status', 'deployment/my-nginx', '--timeout=60s')
      await eventually(async () => {
        assert.equal((await endpoints(c)).length, 3)
        assert.deepEqual(await endpoints(c), await podIps(c))
      })
      const ep = await c.kubectl('get', 'ep', 'my-nginx', '--no-headers')
      for (const ip of await podIps(c)) assert.ok(ep.includes(`${ip}:80`), ep)
      await c.kubectl('scale', 'deployment/my-nginx', '--replicas=2')
      await eventually(async () => assert.equal((await endpoints(c)).length, 2))
    },

    async 'D4 a Pod started after the Service has its variables, unless links are off'(c) {
      await c.apply(tool('late'))
      await c.apply(tool('unlinked', '  enableServiceLinks: false\n'))
      await c.kubectl('wait', '--for=condition=Ready', 'pod/late', 'pod/unlinked', '--timeout=60s')
      const clusterIp = await c.kubectl(
        'get',
        'svc',
        'my-nginx',
        '-o',
        'jsonpath={.spec.clusterIP}',
      )
      const lines = new Set((await run(c, 'late', 'printenv')).split('\n'))
      for (const line of [
        `MY_NGINX_SERVICE_HOST=${clusterIp}`,
        'MY_NGINX_SERVICE_PORT=80',
        'MY_NGINX_SERVICE_PORT_HTTP=80',
        `MY_NGINX_PORT=tcp://${clusterIp}:80`,
        `MY_NGINX_PORT_80_TCP=tcp://${clusterIp}:80`,
        'MY_NGINX_PORT_80_TCP_PROTO=tcp',
        'MY_NGINX_PORT_80_TCP_PORT=80',
        `MY_NGINX_PORT_80_TCP_ADDR=${clusterIp}`,
      ])
        assert.ok(lines.has(line), line)
      const unlinked = await run(c, 'unlinked', 'printenv')
      assert.doesNotMatch(unlinked, /MY_NGINX/)
      assert.match(unlinked, /^KUBERNETES_SERVICE_HOST=/m)
    },

    async 'D5 the DNS Service is where tutorials look for it'(c) {
      const line = await c.kubectl(
        'get',
        'services',
        'kube-dns',
        '--namespace=kube-system',
        '--no-headers',
      )
      assert.match(
        line,
        /^kube-dns\s+ClusterIP\s+10\.96\.0\.10\s+<none>\s+53\/UDP,53\/TCP,9153\/TCP\s+\S+$/,
      )
    },

    async 'D5 names are found by every form and search path'(c) {
      const clusterIp = await c.kubectl(
        'get',
        'svc',
        'my-nginx',
        '-o',
        'jsonpath={.spec.clusterIP}',
      )
      const looked = await run(c, 'late', 'nslookup', 'my-nginx.default.svc.cluster.local')
      assert.match(looked, /Server:\s+10\.96\.0\.10/)
      assert.match(looked, /Name:\s+my-nginx\.default\.svc\.cluster\.local/)
      assert.ok(looked.includes(clusterIp), looked)
      for (const name of [
        'my-nginx',
        'my-nginx.default',
        'my-nginx.default.svc',
        'my-nginx.default.svc.cluster.local',
      ]) {
        assert.match(await run(c, 'late', 'curl', '-s', `${name}:80`), /Welcome to nginx!/, name)
      }
      const resolv = await run(c, 'late', 'cat', '/etc/resolv.conf')
      assert.match(resolv, /^nameserver 10\.96\.0\.10$/m)
      assert.match(
        resolv,
        /^search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local/m,
      )
      assert.match(resolv, /^options ndots:5$/m)
    },

    async 'D5 Pods have names of their address, and Services answer backwards'(c) {
      const ip = await podIp(c, 'near')
      const name = `${ip.replaceAll('.', '-')}.default.pod.cluster.local`
      assert.ok((await run(c, 'late', 'nslookup', name)).includes(ip))
      const clusterIp = await c.kubectl(
        'get',
        'svc',
        'my-nginx',
        '-o',
        'jsonpath={.spec.clusterIP}',
      )
      assert.match(
        await run(c, 'late', 'nslookup', clusterIp),
        /my-nginx\.default\.svc\.cluster\.local/,
      )
    },

    async 'D5 a name that is not there is not found'(c) {
      const result = await c.tryKubectl(
        'exec',
        'late',
        '--',
        'nslookup',
        'nobody.default.svc.cluster.local',
      )
      assert.notEqual(result.exitCode, 0)
      assert.match(result.stdout + result.stderr, /NXDOMAIN/)
    },

    async 'D5 a headless Service answers with the addresses of its Pods'(c) {
      await c.apply(`
apiVersion: v1
kind: Service
metadata: { name: heads }
spec: { clusterIP: None, selector: { run: my-nginx }, ports: [{ port: 80, name: http }] }
`)
      const wanted = await podIps(c)
      await eventually(async () => {
        const looked = await run(c, 'late', 'nslookup', 'heads.default.svc.cluster.local')
        for (const ip of wanted) assert.ok(looked.includes(ip), looked)
      })
    },

    async 'A5 the host itself has no way to Pod and Service addresses'(c) {
      const addresses = await c.identity.run(['ip', '-4', 'address'])
      const routes = await c.identity.run(['ip', '-4', 'route', 'show', 'table', 'all'])
      assert.doesNotMatch(addresses.stdout + routes.stdout, /\b(10\.244|10\.96|172\.18)\./)
    },
  },
)

interface Slices {
  readonly items: readonly {
    readonly endpoints?: readonly {
      readonly addresses: readonly string[]
      readonly conditions?: { readonly ready?: boolean }
    }[]
  }[]
}

const run = (c: TestCluster, pod: string, ...command: string[]) =>
  c.kubectl('exec', pod, '--', ...command)

const podIp = (c: TestCluster, pod: string) =>
  c.kubectl('get', 'pod', pod, '--template', '{{.status.podIP}}')

async function podIps(c: TestCluster): Promise<string[]> {
  const text = await c.kubectl(
    'get',
    'pods',
    '-l',
    'run=my-nginx',
    '-o',
    'jsonpath={.items[*].status.podIP}',
  )
  return text.split(' ').sort()
}

async function endpoints(c: TestCluster): Promise<string[]> {
  const slices = await c.json<Slices>(
    'get',
    'endpointslices',
    '-l',
    'kubernetes.io/service-name=my-nginx',
  )
  return slices.items
    .flatMap((slice) => slice.endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready)
    .flatMap(({ addresses }) => addresses)
    .sort()
}
