// Table of descriptions: ConfigMaps, Secrets, Namespaces, Nodes and other core/v1 kinds.

import { conditionOf, type DescriptionTable, objectOf, spec } from './description-table.ts'

const immutable = 'When true, the data cannot be changed any more, only the object deleted.'

export const configDescriptions: DescriptionTable = {
  ConfigMap: [
    'Settings for Pods to use: keys and values, as files, variables or through the API.',
    {
      binaryData: 'Keys with values of any bytes, in base64. No key may be in data too.',
      data: 'Keys with values in UTF-8.',
      immutable,
    },
  ],
  Secret: [
    'Data that few should see, such as passwords and keys. One mebibyte at most.',
    {
      data: 'Keys with values of any bytes, in base64.',
      immutable,
      stringData: 'Values as plain text, for writing: merged into data, never read back.',
      type: 'What is in it, such as Opaque (default) or kubernetes.io/tls. Cannot be changed.',
    },
  ],
  Namespace: objectOf('A space for names. Objects in it go with it.'),
  NamespaceSpec: [
    'What is wanted of a namespace.',
    { finalizers: 'Who has to finish before the namespace may go.' },
  ],
  NamespaceStatus: [
    'State of a namespace.',
    {
      conditions: 'What is known of its deletion.',
      phase: 'Active or Terminating.',
    },
  ],
  NamespaceCondition: conditionOf('a namespace'),
  ServiceAccount: [
    'Who Pods are when they talk to the API, and what they may pull and mount.',
    {
      automountServiceAccountToken: 'Whether Pods get a token mounted, unless they say otherwise.',
      imagePullSecrets: 'Secrets with credentials of registries, for all its Pods.',
      secrets: 'Secrets that its Pods may use.',
    },
  ],
  Node: objectOf('A machine that runs Pods.'),
  NodeSpec: [
    'What is wanted of a node.',
    {
      configSource: 'No longer used.',
      externalID: 'No longer used.',
      podCIDR: 'Addresses of the Pods on this node.',
      podCIDRs: 'Addresses of the Pods on this node, one range of each IP family.',
      providerID: 'Identity of the machine at its cloud provider.',
      taints: 'Marks that keep Pods away unless they tolerate them.',
      unschedulable: 'No new Pods are placed here. Default: false.',
    },
  ],
  NodeStatus: [
    'What the kubelet last reported of a node.',
    {
      addresses: 'How the node can be reached.',
      allocatable: 'Resources that Pods can have.',
      capacity: 'Resources that the node has.',
      conditions: 'Aspects of the state: Ready, MemoryPressure, DiskPressure and others.',
      config: 'No longer used.',
      daemonEndpoints: 'Ports of the servers of the node itself.',
      declaredFeatures: 'Features of the kubelet that placing Pods depends on.',
      features: 'Features of the container runtime.',
      images: 'Images that are on the node.',
      nodeInfo: 'Versions and identities of the machine.',
      phase: 'No longer used.',
      runtimeHandlers: 'Handlers of the container runtime.',
      volumesAttached: 'Volumes that are attached to the node.',
      volumesInUse: 'Volumes that are mounted on the node.',
    },
  ],
  NodeCondition: [
    conditionOf('a node')[0],
    { ...conditionOf('a node')[1], lastHeartbeatTime: 'When it was looked at last.' },
  ],
  NodeAddress: [
    'A way to reach a node.',
    { address: 'The address or name.', type: 'InternalIP, ExternalIP, Hostname and others.' },
  ],
  Taint: [
    'Keeps Pods away that do not tolerate it.',
    {
      effect: 'NoSchedule, PreferNoSchedule or NoExecute, which also ends running Pods.',
      key: 'Key of the taint.',
      timeAdded: 'When it was added.',
      value: 'Value of the taint.',
    },
  ],
  ObjectReference: [
    'An object, or a part of one.',
    {
      apiVersion: 'API version of the object.',
      fieldPath: 'The part of the object that is meant, as a JSON path.',
      kind: 'Kind of the object.',
      name: 'Name of the object.',
      namespace: 'Namespace of the object.',
      resourceVersion: 'Version of the object.',
      uid: 'UID of the object.',
    },
  ],
  Event: [
    'Something that happened to an object. Kept for an hour.',
    {
      action: 'What was done about it.',
      count: 'How often it happened.',
      eventTime: 'When it was first seen, to the microsecond.',
      firstTimestamp: 'When it was first seen.',
      involvedObject: 'The object that it happened to.',
      lastTimestamp: 'When it was last seen.',
      message: 'What happened, for people to read.',
      reason: 'What happened, in one word in CamelCase.',
      related: 'A second object that is part of it.',
      reportingComponent: 'Who reports it.',
      reportingInstance: 'Which instance reports it.',
      series: 'How it went on, where it happened many times.',
      source: 'Who reports it.',
      type: 'Normal or Warning.',
    },
  ],
  ResourceQuota: objectOf('Limits of what all objects of a namespace may use together.'),
  ResourceQuotaSpec: [
    'Limits of a namespace.',
    {
      hard: 'The most of each resource.',
      scopeSelector: 'Which objects are counted, by scopes and their values.',
      scopes: 'Which objects are counted, such as BestEffort or Terminating.',
    },
  ],
  ResourceQuotaStatus: [
    'Limits and what is used of them.',
    { hard: 'The limits in force.', used: 'What is used.' },
  ],
  LimitRange: ['Limits and defaults of each object of a namespace.', { spec }],
  LimitRangeSpec: ['Limits and defaults.', { limits: 'One entry for each type of object.' }],
  LimitRangeItem: [
    'Limits and defaults of one type of object.',
    {
      default: 'Limits of containers that state none.',
      defaultRequest: 'Requests of containers that state none.',
      max: 'The most of each resource.',
      maxLimitRequestRatio: 'How many times its request a limit may be.',
      min: 'The least of each resource.',
      type: 'Pod, Container or PersistentVolumeClaim.',
    },
  ],
}
