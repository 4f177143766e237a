// Table of descriptions: Services and what leads to them: core/v1, discovery/v1, networking/v1.

import {
  type DescriptionTable,
  labelSelector,
  objectOf,
  observedGeneration,
  spec,
} from './description-table.ts'

export const serviceDescriptions: DescriptionTable = {
  Service: objectOf(
    'One name and address for a changing set of Pods, and the ports that lead to them.',
  ),
  ServiceSpec: [
    'What is wanted of a Service.',
    {
      allocateLoadBalancerNodePorts: 'Whether a LoadBalancer gets node ports too. Default: true.',
      clusterIP: 'Address of the Service. Given by the server; None makes a headless Service.',
      clusterIPs: 'Addresses of the Service, one of each IP family. The first is clusterIP.',
      externalIPs: 'Addresses that reach the nodes and are served too. Routing them is up to you.',
      externalName: 'For ExternalName: the DNS name that this one stands for.',
      externalTrafficPolicy:
        'Where requests from outside go: Cluster (default), any endpoint; Local, those on the node, with the sender kept.',
      healthCheckNodePort:
        'For Local: port on which nodes tell load balancers whether they have endpoints.',
      internalTrafficPolicy: 'Where requests from Pods go: Cluster (default) or Local.',
      ipFamilies: 'IPv4, IPv6 or both, in order.',
      ipFamilyPolicy: 'SingleStack (default), PreferDualStack or RequireDualStack.',
      loadBalancerClass: 'Which implementation makes the load balancer. Cannot be changed.',
      loadBalancerIP: 'Address wanted of the load balancer. Deprecated.',
      loadBalancerSourceRanges: 'Senders that the load balancer lets through. Default: all.',
      ports: 'Ports of the Service.',
      publishNotReadyAddresses: 'DNS names endpoints before they are ready too. Default: false.',
      selector: 'Labels of the Pods that it leads to. Empty: endpoints are made by somebody else.',
      sessionAffinity: 'None (default), or ClientIP to lead a client to the same Pod again.',
      sessionAffinityConfig: 'Settings of the affinity.',
      trafficDistribution: 'Which endpoints are preferred: PreferSameZone or PreferSameNode.',
      type: 'ClusterIP (default), NodePort, LoadBalancer or ExternalName.',
    },
  ],
  ServicePort: [
    'A port of a Service.',
    {
      appProtocol: 'What is spoken on it, such as http or kubernetes.io/h2c. A hint.',
      name: 'Name of the port; needed where there are several.',
      nodePort: 'Port on every node that leads here. Given by the server, from 30000 to 32767.',
      port: 'Number of the port.',
      protocol: 'TCP (default), UDP or SCTP.',
      targetPort: 'Port of the Pods, by number or name. Default: the same as port.',
    },
  ],
  ServiceStatus: [
    'State of a Service.',
    { conditions: 'Aspects of the state.', loadBalancer: 'Where its load balancer answers.' },
  ],
  SessionAffinityConfig: ['Settings of the affinity.', { clientIP: 'For ClientIP.' }],
  ClientIPConfig: [
    'Affinity by the address of the client.',
    { timeoutSeconds: 'How long it is remembered. Default: 10800.' },
  ],
  LoadBalancerStatus: ['Where a load balancer answers.', { ingress: 'Its addresses.' }],
  LoadBalancerIngress: [
    'An address of a load balancer.',
    {
      hostname: 'Its name, where it is known by name.',
      ip: 'Its address.',
      ipMode: 'VIP (default) or Proxy: whether packets reach nodes with this address.',
      ports: 'State of each port.',
    },
  ],
  PortStatus: [
    'State of a port.',
    {
      error: 'What is wrong with it.',
      port: 'Number of the port.',
      protocol: 'TCP, UDP or SCTP.',
    },
  ],
}

export const discoveryDescriptions: DescriptionTable = {
  EndpointSlice: [
    'Some of the endpoints of a Service.',
    {
      addressType: 'IPv4, IPv6 or FQDN.',
      endpoints: 'The endpoints, 1000 at most.',
      ports: 'The ports of each endpoint.',
    },
  ],
  Endpoint: [
    'Where a Service leads to: usually one Pod.',
    {
      addresses: 'Its address.',
      conditions: 'Whether it can be used.',
      deprecatedTopology: 'No longer used.',
      hints: 'Who should use it.',
      hostname: 'Its host name, for DNS.',
      nodeName: 'Node that it is on.',
      targetRef: 'The object it stands for.',
      zone: 'Zone that it is in.',
    },
  ],
  EndpointConditions: [
    'Whether an endpoint can be used.',
    {
      ready: 'It takes requests.',
      serving: 'It takes requests, even if it is about to end.',
      terminating: 'It is about to end.',
    },
  ],
  EndpointPort: [
    'A port of endpoints.',
    {
      appProtocol: 'What is spoken on it.',
      name: 'Name of the port of the Service.',
      port: 'Number of the port.',
      protocol: 'TCP, UDP or SCTP.',
    },
  ],
}

export const networkingDescriptions: DescriptionTable = {
  Ingress: objectOf('Rules by which HTTP requests from outside reach Services.'),
  IngressSpec: [
    'What is wanted of an Ingress.',
    {
      defaultBackend: 'Where requests go that no rule takes.',
      ingressClassName: 'IngressClass, and so the controller, that serves it.',
      rules: 'Rules by host and path.',
      tls: 'Certificates, and the hosts they are for.',
    },
  ],
  IngressRule: [
    'What becomes of the requests for a host.',
    {
      host: 'The host, *.DOMAIN for one label of any name. Empty means every host.',
      http: 'Where paths lead.',
    },
  ],
  HTTPIngressRuleValue: ['Where paths lead.', { paths: 'The paths.' }],
  HTTPIngressPath: [
    'A path and where it leads.',
    {
      backend: 'Where it leads.',
      path: 'The path, which begins with /.',
      pathType: 'Exact, Prefix (by elements of the path) or ImplementationSpecific.',
    },
  ],
  IngressBackend: [
    'Where requests go; one of these.',
    { resource: 'Another object in the namespace.', service: 'A Service in the namespace.' },
  ],
  IngressServiceBackend: [
    'A port of a Service.',
    { name: 'Name of the Service.', port: 'The port.' },
  ],
  ServiceBackendPort: [
    'A port by name or number; one of these.',
    { name: 'Name of the port.', number: 'Number of the port.' },
  ],
  IngressTLS: [
    'A certificate, and the hosts it is for.',
    {
      hosts: 'Hosts in the certificate. Default: every host.',
      secretName: 'Secret of type kubernetes.io/tls with the certificate and its key.',
    },
  ],
  IngressStatus: ['State of an Ingress.', { loadBalancer: 'Where it answers.' }],
  IngressLoadBalancerStatus: ['Where an Ingress answers.', { ingress: 'Its addresses.' }],
  IngressLoadBalancerIngress: [
    'An address of an Ingress.',
    {
      hostname: 'Its name, where it is known by name.',
      ip: 'Its address.',
      ports: 'State of each port.',
    },
  ],
  IngressPortStatus: [
    'State of a port.',
    {
      error: 'What is wrong with it.',
      port: 'Number of the port.',
      protocol: 'TCP, UDP or SCTP.',
    },
  ],
  IngressClass: ['Which controller serves the Ingresses that name it.', { spec }],
  IngressClassSpec: [
    'Which controller, and its settings.',
    {
      controller: 'Name of the controller, such as example.com/ingress. Cannot be changed.',
      parameters: 'An object with settings of the controller.',
    },
  ],
  IngressClassParametersReference: [
    'An object with settings of the controller.',
    {
      apiGroup: 'API group of the object. Absent means the core group.',
      kind: 'Kind of the object.',
      name: 'Name of the object.',
      namespace: 'Namespace of the object, for scope Namespace.',
      scope: 'Cluster (default) or Namespace.',
    },
  ],
  NetworkPolicy: [
    'Which traffic Pods may receive and send. Pods no policy selects may do all.',
    { spec },
  ],
  NetworkPolicySpec: [
    'Which Pods, and what they may do.',
    {
      egress: 'What the Pods may send: what any rule allows. Empty means nothing.',
      ingress: 'What the Pods may receive: what any rule allows. Empty means nothing.',
      podSelector: 'Which Pods of the namespace, by labels; an empty selector means all.',
      policyTypes: 'Ingress, Egress or both. Default: Ingress, and Egress where it has rules.',
    },
  ],
  NetworkPolicyIngressRule: [
    'Traffic that may be received: from these peers on these ports.',
    { from: 'Senders. Empty means everybody.', ports: 'Ports of the Pods. Empty means all.' },
  ],
  NetworkPolicyEgressRule: [
    'Traffic that may be sent: to these peers on these ports.',
    { ports: 'Ports of the receivers. Empty means all.', to: 'Receivers. Empty means everybody.' },
  ],
  NetworkPolicyPeer: [
    'Who is on the other side: addresses, or Pods.',
    {
      ipBlock: 'Addresses. Nothing else may be set then.',
      namespaceSelector: 'Namespaces by labels: all their Pods, or those of podSelector.',
      podSelector: 'Pods by labels, in the same namespace or those of namespaceSelector.',
    },
  ],
  NetworkPolicyPort: [
    'A port, or a range of them.',
    {
      endPort: 'Last port of a range that begins with port.',
      port: 'Port by number or name. Absent means all.',
      protocol: 'TCP (default), UDP or SCTP.',
    },
  ],
  IPBlock: [
    'A range of addresses.',
    { cidr: 'The range, such as 192.168.1.0/24.', except: 'Ranges within it that are left out.' },
  ],
}

export const policyDescriptions: DescriptionTable = {
  PodDisruptionBudget: objectOf('How many Pods may be down at once by planned disruptions.'),
  PodDisruptionBudgetSpec: [
    'How many Pods may be down.',
    {
      maxUnavailable: 'The most Pods that may be down, as a number or a percentage.',
      minAvailable: 'The fewest Pods that must be up, as a number or a percentage.',
      selector: labelSelector,
      unhealthyPodEvictionPolicy:
        'When unhealthy Pods may be evicted: IfHealthyBudget or AlwaysAllow.',
    },
  ],
  PodDisruptionBudgetStatus: [
    'State of a budget.',
    {
      conditions: 'Aspects of the state.',
      currentHealthy: 'How many Pods are healthy.',
      desiredHealthy: 'How many must be.',
      disruptedPods: 'Pods whose eviction has been granted and that are not gone yet.',
      disruptionsAllowed: 'How many Pods may be evicted now.',
      expectedPods: 'How many Pods are counted.',
      observedGeneration,
    },
  ],
}
