import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planCluster } from './plan-cluster.ts'

test('without flags there is one control plane and two workers', () => {
  const { config, warnings } = planCluster({})
  assert.deepEqual(warnings, [])
  assert.deepEqual(
    config.nodes.map(({ name, address, podCidr, taints }) => [name, address, podCidr, taints]),
    [
      [
        'sampan-control-plane',
        '172.18.0.2',
        '10.244.0.0/24',
        [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
      ],
      ['sampan-worker', '172.18.0.3', '10.244.1.0/24', []],
      ['sampan-worker2', '172.18.0.4', '10.244.2.0/24', []],
    ],
  )
  assert.deepEqual(config.apiServer, { address: '127.0.0.1', port: 0 })
  assert.equal(config.domain, 'cluster.local')
})

test('a cluster of one node runs Pods on it', () => {
  const { config } = planCluster({ name: 'one', nodes: 1 })
  assert.deepEqual(config.nodes[0]?.taints, [])
  assert.deepEqual(config.nodes[0]?.labels, { 'node-role.kubernetes.io/control-plane': '' })
})

test('a kind file without nodes makes one, as kind does', () => {
  assert.equal(planCluster({ kind: {} }).config.nodes.length, 1)
})

test('mappings listen on every address unless told', () => {
  const kind = { nodes: [{ extraPortMappings: [{ containerPort: 30800, hostPort: 8080 }] }] }
  assert.deepEqual(planCluster({ kind }).config.ports, [
    {
      listenAddress: '0.0.0.0',
      hostPort: 8080,
      node: 'sampan-control-plane',
      nodePort: 30800,
      protocol: 'TCP',
    },
  ])
})

test('the same port twice is refused', () => {
  const mapping = { containerPort: 80, hostPort: 80 }
  const kind = {
    nodes: [
      { extraPortMappings: [mapping] },
      {
        role: 'worker' as const,
        extraPortMappings: [{ ...mapping, listenAddress: '127.0.0.1' }],
      },
    ],
  }
  assert.throws(() => planCluster({ kind }), /127\.0\.0\.1:80\/TCP is mapped twice/)
})

test('each field that changes nothing is warned about', () => {
  const { config, warnings } = planCluster({
    kind: {
      networking: { ipFamily: 'dual', kubeProxyMode: 'ipvs', disableDefaultCNI: true },
      containerdConfigPatches: ['x'],
      nodes: [
        {
          image: 'kindest/node:v1.30.0',
          extraPortMappings: [{ containerPort: 53, hostPort: 53, protocol: 'SCTP' }],
        },
        {},
      ],
    },
  })
  assert.deepEqual(config.ports, [])
  assert.deepEqual(warnings, [
    'networking.ipFamily is ignored: Pods and Services have IPv4 addresses only',
    'networking.disableDefaultCNI is ignored: the pod network is part of the nodes and stays on',
    'networking.kubeProxyMode is ignored: Services are always served by nftables',
    'containerdConfigPatches is ignored: there is no containerd: the nodes run containers themselves',
    'nodes[0].image is ignored: nodes are not made from images; the Kubernetes version is that of sampan version',
    'nodes[0].extraPortMappings.protocol is ignored: SCTP ports cannot be published on the host; they are left out',
    'nodes: one API server serves them all, however many have the role control-plane',
  ])
})

test('labels, taints and the domain of kubeadm patches are honoured, the rest is named', () => {
  const patch = `kind: InitConfiguration
nodeRegistration:
  kubeletExtraArgs:
    node-labels: "ingress-ready=true,zone=a"
    v: "4"
  taints: []
---
kind: ClusterConfiguration
networking: {dnsDomain: my.test}
etcd: {}
`
  const { config, warnings } = planCluster({
    kind: { nodes: [{ kubeadmConfigPatches: [patch] }, { role: 'worker' }] },
  })
  const [first] = config.nodes
  assert.equal(first?.labels['ingress-ready'], 'true')
  assert.equal(first?.labels['zone'], 'a')
  assert.deepEqual(first?.taints, [])
  assert.equal(config.domain, 'my.test')
  assert.deepEqual(warnings, [
    'nodes[0].kubeadmConfigPatches[0]: InitConfiguration kubeletExtraArgs.v is ignored: no kubeadm sets this cluster up',
    'nodes[0].kubeadmConfigPatches[0]: ClusterConfiguration etcd is ignored: no kubeadm sets this cluster up',
  ])
})

test('settings of the API server are honoured, their files found on the host', () => {
  const patch = `kind: ClusterConfiguration
apiServer:
  timeoutForControlPlane: 1m
  extraArgs:
    audit-policy-file: /etc/kubernetes/policies/audit.yaml
    audit-log-path: /var/log/kubernetes/audit.log
    audit-log-maxbackup: "3"
    v: "4"
  extraVolumes:
  - {name: policies, hostPath: /etc/node/policies, mountPath: /etc/kubernetes/policies}
  - {name: logs, hostPath: /var/log/kubernetes, mountPath: /var/log/kubernetes}
`
  const node = {
    kubeadmConfigPatches: [patch],
    extraMounts: [
      { hostPath: '/home/ada/audit.yaml', containerPath: '/etc/node/policies/audit.yaml' },
    ],
  }
  const { config, warnings } = planCluster({ kind: { nodes: [node] } })
  assert.deepEqual(config.apiServerArgs, {
    'audit-policy-file': '/home/ada/audit.yaml',
    'audit-log-path': 'audit.log',
    'audit-log-maxbackup': '3',
  })
  assert.deepEqual(warnings, [
    'nodes[0].kubeadmConfigPatches[0]: ClusterConfiguration apiServer.timeoutForControlPlane is ignored: no kubeadm sets this cluster up',
    'nodes[0].kubeadmConfigPatches[0]: ClusterConfiguration apiServer.extraArgs.v is ignored: no kubeadm sets this cluster up',
  ])
  assert.throws(
    () => planCluster({ kind: { nodes: [{ ...node, extraMounts: [] }] } }),
    /audit-policy-file: no extraMounts of the control plane lead \/etc\/.*audit.yaml to the host/,
  )
  const asList = `kind: ClusterConfiguration
apiServer: {extraArgs: [{name: audit-log-maxage, value: soon}]}`
  assert.throws(
    () => planCluster({ kind: { nodes: [{ kubeadmConfigPatches: [asList] }] } }),
    /audit-log-maxage: "soon" is no number/,
  )
})

test('subnets that overlap or are too small are refused', () => {
  const plan = (networking: object) => () => planCluster({ kind: { networking } })
  assert.throws(plan({ podSubnet: '172.18.0.0/20' }), /podSubnet overlaps the nodes' 172/)
  assert.throws(plan({ podSubnet: '10.96.0.0/12' }), /podSubnet overlaps serviceSubnet/)
  assert.throws(plan({ podSubnet: 'fd00::/64' }), /holds no IPv4 subnet/)
  const kind = { networking: { podSubnet: '10.1.0.0/24' }, nodes: [{}, {}] }
  assert.throws(() => planCluster({ kind }), /too small/)
})

test('names that cannot be DNS labels are refused', () => {
  for (const name of ['', 'A', 'a_b', '-a', 'a'.repeat(41)]) {
    assert.throws(() => planCluster({ name }), /cannot name a cluster/)
  }
})
