// Table: the ClusterRoles, Roles and bindings every cluster starts with, besides the controllers' own.
// Source: Kubernetes 1.36 bootstrap policy. The form of a rule is in rule-text.ts.

const events = 'create,update,patch core,events.k8s.io events'

export interface DefaultRole {
  readonly name: string
  readonly rules: readonly string[]
  /** Members of the roles named here: admin, edit, view. */
  readonly aggregateTo?: 'admin' | 'edit' | 'view'
  /** Made of all roles that carry this aggregation label. */
  readonly aggregates?: 'admin' | 'edit' | 'view'
}

export const defaultClusterRoles: readonly DefaultRole[] = [
  { name: 'cluster-admin', rules: ['* * *', '* url *'] },
  {
    name: 'system:discovery',
    rules: [
      'get url /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/',
    ],
  },
  {
    name: 'system:monitoring',
    rules: ['get url /healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/*'],
  },
  {
    name: 'system:basic-user',
    rules: [
      'create authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews',
      'create authentication.k8s.io selfsubjectreviews',
    ],
  },
  {
    name: 'system:public-info-viewer',
    rules: ['get url /healthz,/livez,/readyz,/version,/version/'],
  },
  { name: 'admin', rules: [], aggregates: 'admin' },
  { name: 'edit', rules: [], aggregates: 'edit', aggregateTo: 'admin' },
  { name: 'view', rules: [], aggregates: 'view', aggregateTo: 'edit' },
  {
    name: 'system:aggregate-to-admin',
    aggregateTo: 'admin',
    rules: [
      'create authorization.k8s.io localsubjectaccessreviews',
      'readwrite rbac.authorization.k8s.io rolebindings,roles',
    ],
  },
  {
    name: 'system:aggregate-to-edit',
    aggregateTo: 'edit',
    rules: [
      'read core pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy',
      'impersonate core serviceaccounts',
      'write core pods,pods/attach,pods/exec,pods/portforward,pods/proxy',
      'create core pods/eviction',
      'write core configmaps,events,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy',
      'create core serviceaccounts/token',
      'write apps daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale',
      'write autoscaling horizontalpodautoscalers',
      'write batch cronjobs,jobs',
      'write extensions daemonsets,deployments,deployments/rollback,deployments/scale,ingresses,networkpolicies,replicasets,replicasets/scale,replicationcontrollers/scale',
      'write policy poddisruptionbudgets',
      'write networking.k8s.io ingresses,networkpolicies',
      'readwrite coordination.k8s.io leases',
      'write resource.k8s.io resourceclaims,resourceclaimtemplates',
    ],
  },
  {
    name: 'system:aggregate-to-view',
    aggregateTo: 'view',
    rules: [
      'read core configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status',
      'read core bindings,events,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status',
      'read core namespaces',
      'read discovery.k8s.io endpointslices',
      'read apps controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status',
      'read autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status',
      'read batch cronjobs,cronjobs/status,jobs,jobs/status',
      'read extensions daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/status,networkpolicies,replicasets,replicasets/scale,replicasets/status,replicationcontrollers/scale',
      'read policy poddisruptionbudgets,poddisruptionbudgets/status',
      'read networking.k8s.io ingresses,ingresses/status,networkpolicies',
      'read resource.k8s.io resourceclaims,resourceclaims/status,resourceclaimtemplates',
    ],
  },
  {
    name: 'system:heapster',
    rules: ['read core events,namespaces,nodes,pods', 'read extensions deployments'],
  },
  {
    name: 'system:node',
    rules: [
      'create authentication.k8s.io tokenreviews',
      'create authorization.k8s.io localsubjectaccessreviews,subjectaccessreviews',
      'read core services',
      'create,get,list,watch core nodes',
      'patch,update core nodes/status',
      'patch,update core nodes',
      'create,patch,update core events',
      'read core pods',
      'create,delete core pods',
      'patch,update core pods/status',
      'create core pods/eviction',
      'read core configmaps,secrets',
      'get core persistentvolumeclaims,persistentvolumes',
      'get core endpoints',
      'create,get,list,watch certificates.k8s.io certificatesigningrequests',
      'create,delete,get,patch,update coordination.k8s.io leases',
      'get storage.k8s.io volumeattachments',
      'get,patch,update core persistentvolumeclaims/status',
      'create core serviceaccounts/token',
      'read storage.k8s.io csidrivers',
      'create,delete,get,patch,update storage.k8s.io csinodes',
      'read node.k8s.io runtimeclasses',
      'get resource.k8s.io resourceclaims',
      'deletecollection resource.k8s.io resourceslices',
      'create,delete,get,list,patch,update,watch resource.k8s.io resourceslices',
    ],
  },
  {
    name: 'system:node-problem-detector',
    rules: ['get core nodes', 'patch core nodes/status', events],
  },
  {
    name: 'system:kubelet-api-admin',
    rules: [
      'read core nodes',
      'proxy core nodes',
      '* core nodes/configz,nodes/healthz,nodes/log,nodes/metrics,nodes/pods,nodes/proxy,nodes/stats',
    ],
  },
  {
    name: 'system:node-bootstrapper',
    rules: ['create,get,list,watch certificates.k8s.io certificatesigningrequests'],
  },
  {
    name: 'system:auth-delegator',
    rules: [
      'create authentication.k8s.io tokenreviews',
      'create authorization.k8s.io subjectaccessreviews',
    ],
  },
  { name: 'system:kube-aggregator', rules: ['read core endpoints,services'] },
  {
    name: 'system:kube-controller-manager',
    rules: [
      events,
      'create coordination.k8s.io leases',
      'get,update coordination.k8s.io leases named kube-controller-manager',
      'create core secrets,serviceaccounts',
      'delete core secrets',
      'get core configmaps,namespaces,secrets,serviceaccounts',
      'update core secrets,serviceaccounts',
      'create authentication.k8s.io tokenreviews',
      'create authorization.k8s.io subjectaccessreviews',
      'list,watch * *',
      'create core serviceaccounts/token',
    ],
  },
  {
    name: 'system:kube-dns',
    rules: ['list,watch core endpoints,services'],
  },
  {
    name: 'system:persistent-volume-provisioner',
    rules: [
      'create,delete,get,list,watch core persistentvolumes',
      'get,list,update,watch core persistentvolumeclaims',
      'read storage.k8s.io storageclasses',
      'watch core events',
      events,
    ],
  },
  {
    name: 'system:certificates.k8s.io:certificatesigningrequests:nodeclient',
    rules: ['create certificates.k8s.io certificatesigningrequests/nodeclient'],
  },
  {
    name: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient',
    rules: ['create certificates.k8s.io certificatesigningrequests/selfnodeclient'],
  },
  {
    name: 'system:volume-scheduler',
    rules: [
      'get,list,patch,update,watch core persistentvolumes',
      'read storage.k8s.io storageclasses',
      'get,list,patch,update,watch core persistentvolumeclaims',
    ],
  },
  {
    name: 'system:certificates.k8s.io:legacy-unknown-approver',
    rules: ['approve certificates.k8s.io signers named kubernetes.io/legacy-unknown'],
  },
  {
    name: 'system:certificates.k8s.io:kubelet-serving-approver',
    rules: ['approve certificates.k8s.io signers named kubernetes.io/kubelet-serving'],
  },
  {
    name: 'system:certificates.k8s.io:kube-apiserver-client-approver',
    rules: ['approve certificates.k8s.io signers named kubernetes.io/kube-apiserver-client'],
  },
  {
    name: 'system:certificates.k8s.io:kube-apiserver-client-kubelet-approver',
    rules: [
      'approve certificates.k8s.io signers named kubernetes.io/kube-apiserver-client-kubelet',
    ],
  },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [
      'get url /.well-known/openid-configuration,/.well-known/openid-configuration/,/openid/v1/jwks,/openid/v1/jwks/',
    ],
  },
  {
    name: 'system:node-proxier',
    rules: [
      'list,watch core endpoints,services',
      'read core nodes',
      events,
      'list,watch discovery.k8s.io endpointslices',
      'list,watch networking.k8s.io servicecidrs',
    ],
  },
  {
    name: 'system:kube-scheduler',
    rules: [
      events,
      'create coordination.k8s.io leases',
      'get,list,update,watch coordination.k8s.io leases named kube-scheduler',
      'read core nodes',
      'read core namespaces',
      'delete,get,list,watch core pods',
      'create core bindings,pods/binding',
      'patch,update core pods/status',
      'read core replicationcontrollers,services',
      'read apps,extensions replicasets',
      'read apps statefulsets',
      'read policy poddisruptionbudgets',
      'read core persistentvolumeclaims,persistentvolumes',
      'create authentication.k8s.io tokenreviews',
      'create authorization.k8s.io subjectaccessreviews',
      'read storage.k8s.io csinodes,volumeattachments',
      'read storage.k8s.io csidrivers',
      'read storage.k8s.io csistoragecapacities',
      'read resource.k8s.io deviceclasses,resourceclaims,resourceslices',
      'patch,update resource.k8s.io resourceclaims,resourceclaims/status',
      'patch,update resource.k8s.io resourceclaims/binding',
      'update core pods/finalizers',
    ],
  },
]

/** Subjects as u:NAME (User), g:NAME (Group) and s:NAMESPACE/NAME (ServiceAccount). */
export interface DefaultBinding {
  /** Of the binding and of its role. */
  readonly name: string
  readonly role?: string
  readonly subjects: readonly string[]
}

export const defaultClusterRoleBindings: readonly DefaultBinding[] = [
  { name: 'cluster-admin', subjects: ['g:system:masters'] },
  { name: 'system:monitoring', subjects: ['g:system:monitoring'] },
  { name: 'system:discovery', subjects: ['g:system:authenticated'] },
  { name: 'system:basic-user', subjects: ['g:system:authenticated'] },
  {
    name: 'system:public-info-viewer',
    subjects: ['g:system:authenticated', 'g:system:unauthenticated'],
  },
  { name: 'system:node-proxier', subjects: ['u:system:kube-proxy'] },
  { name: 'system:kube-controller-manager', subjects: ['u:system:kube-controller-manager'] },
  { name: 'system:kube-dns', subjects: ['s:kube-system/kube-dns'] },
  { name: 'system:kube-scheduler', subjects: ['u:system:kube-scheduler'] },
  { name: 'system:volume-scheduler', subjects: ['u:system:kube-scheduler'] },
  // Nobody: the node authorizer decides for nodes.
  { name: 'system:node', subjects: [] },
  { name: 'system:service-account-issuer-discovery', subjects: ['g:system:serviceaccounts'] },
]

export interface DefaultNamespacedRole {
  readonly namespace: string
  readonly name: string
  readonly rules: readonly string[]
  readonly subjects: readonly string[]
}

/** Roles, and where it has subjects the binding of the same name. */
export const defaultRoles: readonly DefaultNamespacedRole[] = [
  {
    namespace: 'kube-system',
    name: 'extension-apiserver-authentication-reader',
    rules: ['read core configmaps named extension-apiserver-authentication'],
    subjects: [],
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:bootstrap-signer',
    rules: ['read core secrets'],
    subjects: ['s:kube-system/bootstrap-signer'],
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:cloud-provider',
    rules: ['create,get,list,update,watch core configmaps'],
    subjects: ['s:kube-system/cloud-provider'],
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:token-cleaner',
    rules: ['delete,get,list,watch core secrets', events],
    subjects: ['s:kube-system/token-cleaner'],
  },
  {
    namespace: 'kube-system',
    name: 'system::leader-locking-kube-controller-manager',
    rules: ['watch core configmaps', 'get,update core configmaps named kube-controller-manager'],
    subjects: ['u:system:kube-controller-manager', 's:kube-system/kube-controller-manager'],
  },
  {
    namespace: 'kube-system',
    name: 'system::leader-locking-kube-scheduler',
    rules: ['watch core configmaps', 'get,update core configmaps named kube-scheduler'],
    subjects: ['u:system:kube-scheduler', 's:kube-system/kube-scheduler'],
  },
  {
    namespace: 'kube-public',
    name: 'system:controller:bootstrap-signer',
    rules: ['read core configmaps', 'update core configmaps named cluster-info', events],
    subjects: ['s:kube-system/bootstrap-signer'],
  },
]

/** Bindings whose name is not their role's. */
export const extraRoleBindings: readonly (DefaultBinding & { readonly namespace: string })[] = [
  {
    namespace: 'kube-system',
    name: 'system::extension-apiserver-authentication-reader',
    role: 'extension-apiserver-authentication-reader',
    subjects: ['u:system:kube-controller-manager', 'u:system:kube-scheduler'],
  },
]
