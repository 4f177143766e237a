// E. Two services that call each other: nginx in front, tomcat behind, each behind a Service.

import assert from 'node:assert/strict'
import { eventually, get, refuses, type TestCluster } from './support/cluster.ts'
import { scenario } from './support/scenario.ts'

const namespace = '--namespace=myserver'

const nginx = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: nginx-deployment, namespace: myserver, labels: { app: nginx } }
spec:
  replicas: 1
  selector: { matchLabels: { app: nginx-selector } }
  template:
    metadata: { labels: { app: nginx-selector } }
    spec:
      containers:
      - name: nginx-container
        image: nginx:1.20
        imagePullPolicy: IfNotPresent
        ports:
        - { containerPort: 80, protocol: TCP, name: http }
        - { containerPort: 443, protocol: TCP, name: https }
        env:
        - { name: password, value: "123456" }
        - { name: age, value: "20" }
---
kind: Service
apiVersion: v1
metadata: { name: nginx-service, namespace: myserver, labels: { app: nginx-service-label } }
spec:
  type: NodePort
  ports:
  - { name: http, port: 80, protocol: TCP, targetPort: 80, nodePort: 30004 }
  - { name: https, port: 443, protocol: TCP, targetPort: 443, nodePort: 30443 }
  selector: { app: nginx-selector }
`

const tomcatDeployment = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: tomcat-deployment, namespace: myserver, labels: { app: tomcat } }
spec:
  replicas: 1
  selector: { matchLabels: { app: tomcat-selector } }
  template:
    metadata: { labels: { app: tomcat-selector } }
    spec:
      containers:
      - name: tomcat-container
        image: tomcat:7.0.109-jdk8-openjdk
        imagePullPolicy: IfNotPresent
        ports: [{ containerPort: 8080, protocol: TCP, name: http }]
        env:
        - { name: password, value: "123456" }
`

const tomcatService = (type: string, nodePort: string) => `
kind: Service
apiVersion: v1
metadata: { name: tomcat-service, namespace: myserver }
spec:
  type: ${type}
  ports: [{ name: http, port: 80, protocol: TCP, targetPort: 8080${nodePort} }]
  selector: { app: tomcat-selector }
`

const tomcat = `${tomcatDeployment}---${tomcatService('NodePort', ', nodePort: 30005')}`

scenario(
  'E two services',
  { name: 'test', images: ['nginx', 'tomcat'] },
  {
    async 'E1 two deployments with NodePort Services come up in their namespace'(c) {
      await c.kubectl('create', 'namespace', 'myserver')
      await c.apply(nginx)
      await c.apply(tomcat)
      for (const name of ['nginx-deployment', 'tomcat-deployment']) {
        await c.kubectl('rollout', 'status', `deployment/${name}`, namespace, '--timeout=90s')
      }
      const pods = await c.kubectl('get', 'pod', '-A', '--no-headers')
      assert.match(pods, /^myserver\s+nginx-deployment-\S+\s+1\/1\s+Running\s+0/m)
      assert.match(pods, /^myserver\s+tomcat-deployment-\S+\s+1\/1\s+Running\s+0/m)
      const services = await c.kubectl('get', 'svc', '-A', '--no-headers')
      assert.match(
        services,
        /^myserver\s+nginx-service\s+NodePort\s+10\.96\.\S+\s+<none>\s+80:30004\/TCP,443:30443\/TCP/m,
      )
      assert.match(
        services,
        /^myserver\s+tomcat-service\s+NodePort\s+10\.96\.\S+\s+<none>\s+80:30005\/TCP/m,
      )
    },

    async 'E1 environment entries arrive as given'(c) {
      const lines = (await inPod(c, 'nginx', 'printenv')).split('\n')
      assert.ok(lines.includes('password=123456'))
      assert.ok(lines.includes('age=20'))
    },

    async 'E2 tomcat answers 404, and a page once it is written'(c) {
      await eventually(async () => assert.equal((await get('http://localhost:30005/')).status, 404))
      await inPod(
        c,
        'tomcat',
        'sh',
        '-c',
        'mkdir -p webapps/myapp && echo "<h1>tomcat test page</h1>" > webapps/myapp/index.jsp',
      )
      await eventually(
        async () => {
          const { status, body } = await get('http://localhost:30005/myapp/')
          assert.deepEqual([status, body.trim()], [200, '<h1>tomcat test page</h1>'])
        },
        { withinMs: 60_000 },
      )
    },

    async 'E3 a Service applied again without its NodePort closes it'(c) {
      const output = await c.apply(`${tomcatDeployment}---${tomcatService('ClusterIP', '')}`)
      assert.equal(
        output,
        'deployment.apps/tomcat-deployment unchanged\nservice/tomcat-service configured',
      )
      await eventually(() => refuses('http://localhost:30005/'))
    },

    async 'E4 nginx, reconfigured inside its container, passes requests on by Service name'(c) {
      await proxyTo(c, 'tomcat-service')
      await answersThrough()
      await proxyTo(c, 'tomcat-service.myserver.svc.cluster.local')
      await answersThrough()
    },

    async 'E4 the log of nginx shows each request'(c) {
      const follow = c.identity.spawn([
        'kubectl',
        '--kubeconfig',
        `${c.identity.home}/.kube/config`,
        '--context',
        'sampan-test',
        'logs',
        '-f',
        '--tail=0',
        namespace,
        'deployment/nginx-deployment',
      ])
      try {
        let seen = ''
        follow.stdout?.on('data', (chunk) => {
          seen += chunk
        })
        await eventually(async () => {
          await get('http://localhost:30004/myapp/?marker=followed')
          assert.match(seen, /GET \/myapp\/\?marker=followed/)
        })
      } finally {
        follow.kill()
      }
    },

    async 'E5 the Service made again with another address is followed by a resolver on its name'(
      c,
    ) {
      const before = await clusterIp(c)
      await configure(
        c,
        [
          'resolver 10.96.0.10 valid=1s;',
          'location /myapp { set $backend tomcat-service.myserver.svc.cluster.local; proxy_pass http://$backend; }',
        ].join(' '),
      )
      await answersThrough()
      await c.kubectl('delete', 'service', 'tomcat-service', namespace)
      await c.apply(tomcatService('ClusterIP', ''))
      if ((await clusterIp(c)) === before) {
        await c.kubectl('delete', 'service', 'tomcat-service', namespace)
        await c.apply(tomcatService('ClusterIP', ''))
      }
      await answersThrough()
    },
  },
)

const inPod = (c: TestCluster, app: 'nginx' | 'tomcat', ...command: string[]) =>
  c.kubectl('exec', namespace, `deployment/${app}-deployment`, '--', ...command)

const clusterIp = (c: TestCluster) =>
  c.kubectl('get', 'service', 'tomcat-service', namespace, '-o', 'jsonpath={.spec.clusterIP}')

const proxyTo = (c: TestCluster, host: string) =>
  configure(c, `location /myapp { proxy_pass http://${host}; }`)

/** Edits the server block inside the container and reloads, as one does by hand. */
async function configure(c: TestCluster, lines: string): Promise<void> {
  const text = `server { listen 80; location / { root /usr/share/nginx/html; } ${lines} }`
  await inPod(
    c,
    'nginx',
    'sh',
    '-c',
    `printf '%s' '${text}' > /etc/nginx/conf.d/default.conf && nginx -s reload`,
  )
}

/** host -> NodePort -> nginx Pod -> ClusterIP -> tomcat Pod */
async function answersThrough(): Promise<void> {
  await eventually(async () => {
    const { body } = await get('http://localhost:30004/myapp/')
    assert.equal(body.trim(), '<h1>tomcat test page</h1>')
  })
}
