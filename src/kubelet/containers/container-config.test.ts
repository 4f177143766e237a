import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeImage } from '../../cri/fake.ts'
import { qosClass } from '../pod/qos.ts'
import { container, testPod } from '../pod/test-observed.ts'
import { containerConfig } from './container-config.ts'
import { hostsFile, podNames } from './names.ts'
import { parseResolvConf, podDns } from './resolv-conf.ts'
import { linuxResources, oomScore } from './resources.ts'
import { logDirectory, sandboxConfig } from './sandbox-config.ts'
import { securityContext } from './security.ts'

const node = { servers: ['192.168.1.1'], searches: ['home'], options: ['timeout:1'] }
const dns = { clusterDns: ['10.96.0.10'], clusterDomain: 'cluster.local', node }
const memoryBytes = 2 ** 33

test('commands and arguments are expanded with the environment', () => {
  const web = container('web', { command: ['run', '$(NAME)'], args: ['$(NONE)'], tty: true })
  const config = containerConfig(
    testPod(),
    { sort: 'regular', container: web },
    {
      node: 'worker',
      attempt: 2,
      image: fakeImage('nginx'),
      environment: [{ key: 'NAME', value: 'x' }],
      mounts: [],
      memoryBytes,
    },
  )
  assert.deepEqual([config.command, config.args], [['run', 'x'], ['$(NONE)']])
  assert.deepEqual([config.logPath, config.tty, config.stdin], ['web/2.log', true, false])
  assert.equal(config.annotations['io.kubernetes.container.restartCount'], '2')
})

test('the quality of service decides who dies first', () => {
  const asking = (resources: object) => testPod({ containers: [container('web', { resources })] })
  const cases = [
    [{}, 'BestEffort', 1000],
    [{ requests: { memory: '4Gi' } }, 'Burstable', 500],
    [{ requests: { cpu: '1' } }, 'Burstable', 999],
    [{ limits: { cpu: '1', memory: '1Gi' } }, 'Guaranteed', -997],
    [
      { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m', memory: '1Gi' } },
      'Burstable',
      875,
    ],
  ] as const
  for (const [resources, quality, score] of cases) {
    const pod = asking(resources)
    assert.equal(qosClass(pod), quality)
    assert.equal(oomScore(pod, container('web', { resources }), memoryBytes), score)
  }
})

test('amounts of processor and memory become the kernel’s numbers', () => {
  const resources = { requests: { cpu: '250m' }, limits: { cpu: '500m', memory: '64Mi' } }
  const web = container('web', { resources })
  assert.deepEqual(linuxResources(testPod({ containers: [web] }), web, memoryBytes), {
    cpuShares: 256,
    cpuPeriod: 100_000,
    cpuQuota: 50_000,
    memoryLimitBytes: 64 * 2 ** 20,
    oomScoreAdj: 992,
  })
  assert.deepEqual(linuxResources(testPod(), container('web'), memoryBytes), {
    cpuShares: 2,
    oomScoreAdj: 1000,
  })
})

test('a container’s own security context wins over the Pod’s', () => {
  const pod = testPod({
    securityContext: { runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000, supplementalGroups: [4] },
  })
  const web = container('web', {
    securityContext: {
      runAsUser: 7,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { add: ['NET_ADMIN'] },
    },
  })
  const { maskedPaths, readonlyPaths, ...rest } = securityContext(pod, web, fakeImage('nginx'))
  assert.deepEqual(rest, {
    privileged: false,
    capabilities: { add: ['NET_ADMIN'], drop: [] },
    runAsUser: 7,
    runAsGroup: 3000,
    supplementalGroups: [4, 2000],
    readonlyRootfs: true,
    noNewPrivs: true,
  })
  assert.equal(maskedPaths?.includes('/proc/kcore'), true)
  assert.equal(readonlyPaths?.includes('/proc/sys'), true)
})

test('root is refused where it must not run', () => {
  const pod = testPod({ securityContext: { runAsNonRoot: true } })
  const ask = (image: object) => () =>
    securityContext(pod, container('web'), { ...fakeImage('nginx'), ...image })
  assert.throws(ask({}), {
    message: 'container has runAsNonRoot and image will run as root (container: web)',
  })
  assert.throws(ask({ username: 'app' }), {
    message:
      'container has runAsNonRoot and image has non-numeric user (app), cannot verify user is non-root (container: web)',
  })
  assert.equal(ask({ uid: 33 })().runAsUser, 33)
})

test('names of a Pod come from its hostname and subdomain', () => {
  const names = (spec: object) => podNames(testPod(spec), 'cluster.local')
  assert.deepEqual(names({}), { hostname: 'app', kernelHostname: 'app' })
  const fqdn = 'web-0.nginx.default.svc.cluster.local'
  const spec = { hostname: 'web-0', subdomain: 'nginx' }
  assert.deepEqual(names(spec), { hostname: 'web-0', fqdn, kernelHostname: 'web-0' })
  assert.equal(names({ ...spec, setHostnameAsFQDN: true }).kernelHostname, fqdn)
})

test('the hosts file names the Pod and its aliases', () => {
  const pod = testPod({
    hostname: 'web-0',
    subdomain: 'nginx',
    hostAliases: [{ ip: '1.2.3.4', hostnames: ['a.test', 'b.test'] }],
  })
  const lines = hostsFile(pod, podNames(pod, 'cluster.local'), ['10.244.1.7']).split('\n')
  assert.equal(lines[0], '# Kubernetes-managed hosts file.')
  assert.deepEqual(lines.slice(7), [
    '10.244.1.7\tweb-0.nginx.default.svc.cluster.local\tweb-0',
    '',
    '# Entries added by HostAliases.',
    '1.2.3.4\ta.test\tb.test',
    '',
  ])
})

test('the resolver follows dnsPolicy and dnsConfig', () => {
  const cluster = {
    servers: ['10.96.0.10'],
    searches: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'home'],
    options: ['ndots:5'],
  }
  const cases = [
    [{}, cluster],
    [{ hostNetwork: true }, node],
    [{ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }, cluster],
    [{ dnsPolicy: 'Default' }, node],
    [
      {
        dnsPolicy: 'None',
        dnsConfig: {
          nameservers: ['1.1.1.1'],
          searches: ['x'],
          options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
        },
      },
      { servers: ['1.1.1.1'], searches: ['x'], options: ['ndots:2', 'edns0'] },
    ],
    [
      { dnsConfig: { options: [{ name: 'ndots', value: '1' }] } },
      { ...cluster, options: ['ndots:1'] },
    ],
  ] as const
  for (const [spec, expected] of cases) assert.deepEqual(podDns(testPod(spec), dns), expected)
})

test('resolv.conf is read as the resolver reads it', () => {
  const text =
    '# by hand\nnameserver 1.1.1.1 # first\nsearch a b\nsearch c .\nnameserver ::1\noptions ndots:2 rotate\n'
  assert.deepEqual(parseResolvConf(text), {
    servers: ['1.1.1.1', '::1'],
    searches: ['c'],
    options: ['ndots:2', 'rotate'],
  })
})

test('a sandbox has the namespaces, ports and places of its Pod', () => {
  const pod = testPod({
    shareProcessNamespace: true,
    hostIPC: true,
    securityContext: { sysctls: [{ name: 'net.core.somaxconn', value: '512' }] },
    containers: [container('web', { ports: [{ containerPort: 80, hostPort: 8080 }] })],
  })
  const context = { node: 'worker', attempt: 1, logRoot: '/logs', dns, runtimeHandler: '' }
  const config = sandboxConfig(pod, context)
  assert.deepEqual(config.namespaceOptions, { network: 'POD', ipc: 'NODE', pid: 'POD' })
  assert.deepEqual(config.portMappings, [
    { protocol: 'TCP', containerPort: 80, hostPort: 8080, hostIp: '' },
  ])
  assert.deepEqual(config.sysctls, { 'net.core.somaxconn': '512' })
  assert.equal(config.cgroupParent, '/kubepods/besteffort/podu1')
  assert.equal(logDirectory(pod, '/logs'), '/logs/default_app_u1')
  assert.equal(config.labels['io.kubernetes.pod.uid'], 'u1')
})
