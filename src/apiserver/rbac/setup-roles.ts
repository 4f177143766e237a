// Table: the roles, bindings and ServiceAccounts that setting a cluster up adds to the defaults, as
// kubeadm does it, and what Sampan's own agent may read. The form of a rule is in rule-text.ts.

import type { DefaultBinding, DefaultNamespacedRole, DefaultRole } from './default-roles.ts'

/** Whoever joins with a bootstrap token of kubeadm. */
const joining = 'g:system:bootstrappers:kubeadm:default-node-token'
const requests = 'system:certificates.k8s.io:certificatesigningrequests'

export const setupAccounts: readonly string[] = ['coredns', 'kube-proxy']

export const setupClusterRoles: readonly DefaultRole[] = [
  {
    name: 'system:coredns',
    rules: [
      'list,watch core endpoints,namespaces,pods,services',
      'list,watch discovery.k8s.io endpointslices',
    ],
  },
  { name: 'kubeadm:get-nodes', rules: ['get core nodes'] },
  // One reader for the kubelets, the proxy and DNS of a process. They write as who they are upstream.
  {
    name: 'system:sampan:agent',
    rules: [
      'list,watch core configmaps,namespaces,nodes,persistentvolumeclaims,persistentvolumes,pods,secrets,services',
      'list,watch discovery.k8s.io endpointslices',
      'list,watch node.k8s.io runtimeclasses',
    ],
  },
]

export const setupClusterRoleBindings: readonly DefaultBinding[] = [
  { name: 'kubeadm:cluster-admins', role: 'cluster-admin', subjects: ['g:kubeadm:cluster-admins'] },
  { name: 'system:coredns', subjects: ['s:kube-system/coredns'] },
  {
    name: 'kubeadm:node-proxier',
    role: 'system:node-proxier',
    subjects: ['s:kube-system/kube-proxy'],
  },
  { name: 'kubeadm:get-nodes', subjects: [joining] },
  { name: 'kubeadm:kubelet-bootstrap', role: 'system:node-bootstrapper', subjects: [joining] },
  {
    name: 'kubeadm:node-autoapprove-bootstrap',
    role: `${requests}:nodeclient`,
    subjects: [joining],
  },
  {
    name: 'kubeadm:node-autoapprove-certificate-rotation',
    role: `${requests}:selfnodeclient`,
    subjects: ['g:system:nodes'],
  },
  { name: 'system:sampan:agent', subjects: ['u:system:sampan:agent'] },
]

export const setupRoles: readonly DefaultNamespacedRole[] = [
  {
    namespace: 'kube-public',
    name: 'kubeadm:bootstrap-signer-clusterinfo',
    rules: ['get core configmaps named cluster-info'],
    subjects: ['u:system:anonymous'],
  },
  {
    namespace: 'kube-system',
    name: 'kubeadm:nodes-kubeadm-config',
    rules: ['get core configmaps named kubeadm-config'],
    subjects: [joining, 'g:system:nodes'],
  },
]
