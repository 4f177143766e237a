// Table: the objects that scenarios write: a ConfigMap of 1 KB of data, a Pod and a Deployment of
// two containers as a real application has them, each about 2 KB.

const kilobyte = 'The quick brown fox jumps over the lazy dog, and 0123456789 too. '.repeat(16)

export function configMap(name: string, counter: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, labels: { app: 'bench' } },
    data: { counter, text: kilobyte.slice(0, 1024) },
  })
}

const resources = (cpu: string, memory: string) => ({
  requests: { cpu, memory },
  limits: { cpu: '1', memory: '512Mi' },
})

const podSpec = {
  schedulerName: 'nobody',
  serviceAccountName: 'default',
  terminationGracePeriodSeconds: 0,
  enableServiceLinks: false,
  securityContext: { runAsNonRoot: true, runAsUser: 1000, fsGroup: 2000 },
  tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'web', effect: 'NoSchedule' }],
  volumes: [
    { name: 'settings', configMap: { name: 'web-settings' } },
    { name: 'scratch', emptyDir: {} },
  ],
  containers: [
    {
      name: 'web',
      image: 'registry.example/shop/web:1.24.3',
      imagePullPolicy: 'IfNotPresent',
      args: ['--listen=:8080', '--settings=/etc/web/settings.yaml', '--verbosity=2'],
      ports: [
        { name: 'http', containerPort: 8080, protocol: 'TCP' },
        { name: 'metrics', containerPort: 9090, protocol: 'TCP' },
      ],
      env: [
        { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
        { name: 'DATABASE', value: 'postgres.shop.svc.cluster.local:5432' },
        { name: 'CACHE', value: 'redis.shop.svc.cluster.local:6379' },
        { name: 'FEATURES', value: 'checkout,search' },
      ],
      resources: resources('250m', '256Mi'),
      readinessProbe: { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 5 },
      livenessProbe: { httpGet: { path: '/live', port: 'http' }, initialDelaySeconds: 10 },
      volumeMounts: [
        { name: 'settings', mountPath: '/etc/web', readOnly: true },
        { name: 'scratch', mountPath: '/tmp' },
      ],
    },
    {
      name: 'log-shipper',
      image: 'registry.example/platform/log-shipper:2.9.1',
      imagePullPolicy: 'IfNotPresent',
      args: ['--follow=/var/log/web/*.log'],
      env: [{ name: 'SINK', value: 'http://logs.platform.svc.cluster.local:3100' }],
      resources: resources('50m', '64Mi'),
      volumeMounts: [{ name: 'scratch', mountPath: '/var/log/web' }],
    },
  ],
}

export function pod(name: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels: {
        app: 'web',
        tier: 'frontend',
        'app.kubernetes.io/name': 'web',
        'app.kubernetes.io/part-of': 'shop',
        'pod-template-hash': '7c5ddbdf54',
      },
      annotations: {
        'example.com/owner': 'team-checkout@example.com',
        'prometheus.io/scrape': 'true',
        'prometheus.io/port': '9090',
      },
    },
    spec: podSpec,
  })
}

export function deployment(name: string): string {
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels: { app: 'web' } },
    spec: {
      replicas: 0,
      paused: true,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: podSpec },
    },
  })
}

/** A strategic merge patch of `deployment`: another image for one of its containers. */
export function imagePatch(version: string): string {
  const containers = [{ name: 'web', image: `registry.example/shop/web:${version}` }]
  return JSON.stringify({ spec: { template: { spec: { containers } } } })
}
