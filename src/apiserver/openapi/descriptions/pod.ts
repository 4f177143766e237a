// Table of descriptions: Pods, and how they are placed, core/v1.

import {
  conditionOf,
  type DescriptionTable,
  objectOf,
  observedGeneration,
} from './description-table.ts'

const affinityTerms = {
  requiredDuringSchedulingIgnoredDuringExecution: 'What must hold for a node to be chosen.',
  preferredDuringSchedulingIgnoredDuringExecution:
    'What is liked: the node with the highest sum of weights is preferred.',
}

export const podDescriptions: DescriptionTable = {
  Pod: objectOf(
    'A group of containers on one node that share an address, a host name and volumes. Created by users or controllers.',
  ),
  PodTemplateSpec: [
    'What a Pod made from this template looks like.',
    { metadata: 'Labels and annotations of the Pods.', spec: 'What is wanted of the Pods.' },
  ],
  PodSpec: [
    'What is wanted of a Pod.',
    {
      activeDeadlineSeconds: 'How long the Pod may be active on its node before it is failed.',
      affinity: 'Rules about the nodes and the neighbours that the Pod is placed with.',
      automountServiceAccountToken:
        'Whether a token of the ServiceAccount is mounted. Default: true.',
      containers: 'The containers of the Pod, at least one. Cannot be added or removed later.',
      dnsConfig: 'DNS settings beside those of dnsPolicy.',
      dnsPolicy:
        'Where names are looked up: ClusterFirst (default), ClusterFirstWithHostNet, Default (as the node) or None.',
      enableServiceLinks:
        'Whether the Services of the namespace are named in environment variables. Default: true.',
      ephemeralContainers:
        'Containers added to the running Pod for debugging, by their subresource.',
      hostAliases: 'Lines added to /etc/hosts of the containers.',
      hostIPC: "Shares the node's IPC namespace. Default: false.",
      hostNetwork: "Uses the node's network instead of one of its own. Default: false.",
      hostPID: "Shares the node's process namespace. Default: false.",
      hostUsers: "Uses the node's user namespace. False makes one for the Pod. Default: true.",
      hostname: "Host name of the Pod. Default: the Pod's name.",
      hostnameOverride: 'Host name inside the Pod, whole as it stands, without a DNS record.',
      imagePullSecrets: 'Secrets with credentials for the registries of the images.',
      initContainers:
        'Containers that run before the others, one after the other; with restartPolicy Always they stay as sidecars.',
      nodeName:
        'Node that the Pod is bound to. Set by the scheduler; set by hand it skips scheduling.',
      nodeSelector: 'Labels that a node must have for the Pod to be placed there.',
      os: 'Operating system of the containers.',
      overhead:
        'Resources that the runtime needs beside the containers. Set from the RuntimeClass.',
      preemptionPolicy: 'PreemptLowerPriority (default) or Never.',
      priority: 'The higher, the more important. Set from priorityClassName.',
      priorityClassName: 'PriorityClass that gives the priority.',
      readinessGates: 'Conditions beside its containers that must be True for the Pod to be ready.',
      resourceClaims: 'ResourceClaims that must be allocated before the Pod starts.',
      resources: 'Resources of the Pod as a whole.',
      restartPolicy: 'When containers are started again: Always (default), OnFailure or Never.',
      runtimeClassName: 'RuntimeClass that says which container runtime handler runs the Pod.',
      schedulerName: 'Scheduler that places the Pod. Default: default-scheduler.',
      schedulingGates: 'The Pod is not placed before this list is empty.',
      schedulingGroup: 'Group of Pods that this one is placed together with.',
      securityContext: 'Security settings of all containers, unless they have their own.',
      serviceAccount: 'Deprecated name of serviceAccountName.',
      serviceAccountName: 'ServiceAccount as which the Pod acts. Default: default.',
      setHostnameAsFQDN: 'The host name is the fully qualified one. Default: false.',
      shareProcessNamespace: 'The containers see the processes of one another. Default: false.',
      subdomain: 'With hostname gives HOSTNAME.SUBDOMAIN.NAMESPACE.svc.DOMAIN as DNS name.',
      terminationGracePeriodSeconds:
        'Time between the stop signal and the end by force. Default: 30.',
      tolerations: 'Taints of nodes that the Pod puts up with.',
      topologySpreadConstraints: 'How Pods are to be spread over zones, nodes and the like.',
      volumes: 'Volumes that containers may mount.',
    },
  ],
  PodStatus: [
    'What the kubelet last reported of a Pod.',
    {
      allocatedResources: 'Resources that the node has set aside for the Pod.',
      conditions:
        'Aspects of the state: PodScheduled, Initialized, ContainersReady, Ready and others.',
      containerStatuses: 'State of each container.',
      ephemeralContainerStatuses: 'State of each ephemeral container.',
      extendedResourceClaimStatus: 'The ResourceClaim made for extended resources of the Pod.',
      hostIP: 'Address of the node.',
      hostIPs: 'Addresses of the node.',
      initContainerStatuses: 'State of each init container.',
      message: 'Why the Pod is in this state, for people to read.',
      nodeAllocatableResourceClaimStatuses: 'Claims that take from what the node can allocate.',
      nominatedNodeName: 'Node on which others are being ended to make room for this Pod.',
      observedGeneration: 'The metadata.generation that the kubelet has acted on.',
      phase: 'Where in its life the Pod is: Pending, Running, Succeeded, Failed or Unknown.',
      podIP: 'Address of the Pod.',
      podIPs: 'Addresses of the Pod, one of each IP family.',
      qosClass:
        'Quality of service, from requests and limits: Guaranteed, Burstable or BestEffort.',
      reason: 'Why the Pod is in this state, in one word in CamelCase.',
      resize: 'How far a change of resources has come. Deprecated: see the conditions.',
      resourceClaimStatuses: 'ResourceClaims that were made from templates for the Pod.',
      resources: 'Resources in force for the Pod as a whole.',
      startTime: 'When the kubelet first saw the Pod.',
    },
  ],
  PodCondition: [
    conditionOf('a Pod')[0],
    {
      ...conditionOf('a Pod')[1],
      lastProbeTime: 'When it was looked at last.',
      observedGeneration,
    },
  ],
  PodIP: ['An address of a Pod.', { ip: 'The address.' }],
  HostIP: ['An address of a node.', { ip: 'The address.' }],
  PodOS: ['Operating system of a Pod.', { name: 'linux or windows.' }],
  PodDNSConfig: [
    'DNS settings of a Pod.',
    {
      nameservers: 'Addresses of name servers, added to those of dnsPolicy.',
      searches: 'Search domains, added to those of dnsPolicy.',
      options: 'Options of the resolver, merged with those of dnsPolicy.',
    },
  ],
  PodDNSConfigOption: [
    'An option of the resolver.',
    { name: 'Name of the option, required.', value: 'Value, where the option has one.' },
  ],
  PodReadinessGate: [
    'A condition that takes part in whether a Pod is ready.',
    { conditionType: 'Type of the condition in status.conditions.' },
  ],
  PodSchedulingGate: ['Keeps a Pod from being placed.', { name: 'Name of the gate.' }],
  PodSchedulingGroup: [
    'The group a Pod is placed with.',
    { podGroupName: 'Name of the PodGroup.' },
  ],
  PodResourceClaim: [
    'A ResourceClaim that containers refer to by name; one of the two sources is set.',
    {
      name: 'Name by which containers refer to it.',
      resourceClaimName: 'A ResourceClaim in the same namespace.',
      resourceClaimTemplateName: 'A template from which a ResourceClaim is made for the Pod.',
    },
  ],
  PodResourceClaimStatus: [
    'The ResourceClaim that was made for an entry of resourceClaims.',
    {
      name: 'Name of the entry.',
      resourceClaimName: 'The ResourceClaim, absent if none is needed.',
    },
  ],
  PodExtendedResourceClaimStatus: [
    'The ResourceClaim made for extended resources.',
    {
      requestMappings: 'Which request serves which container and resource.',
      resourceClaimName: 'Name of the ResourceClaim.',
    },
  ],
  ContainerExtendedResourceRequest: [
    'Which request of a claim serves an extended resource of a container.',
    {
      containerName: 'The container.',
      requestName: 'The request in the claim.',
      resourceName: 'The extended resource.',
    },
  ],
  NodeAllocatableResourceClaimStatus: [
    'A ResourceClaim that takes from what a node can allocate.',
    {
      containers: 'Containers that use it.',
      resourceClaimName: 'Name of the ResourceClaim.',
      resources: 'How much of which resource it takes.',
    },
  ],
  HostAlias: ['A line of /etc/hosts.', { ip: 'The address.', hostnames: 'Names of that address.' }],
  Affinity: [
    'Rules about where a Pod is placed.',
    {
      nodeAffinity: 'Which nodes are wanted.',
      podAffinity: 'Pods that this one wants near.',
      podAntiAffinity: 'Pods that this one wants away from.',
    },
  ],
  NodeAffinity: ['Which nodes are wanted.', affinityTerms],
  PodAffinity: ['Pods that are wanted near.', affinityTerms],
  PodAntiAffinity: ['Pods that are wanted away.', affinityTerms],
  PodAffinityTerm: [
    'Pods, and what counts as the same place as theirs.',
    {
      labelSelector: 'Which Pods, by their labels.',
      namespaces: "Namespaces of these Pods. With namespaceSelector empty too: the Pod's own.",
      namespaceSelector: 'Namespaces of these Pods, by labels; an empty selector means all.',
      topologyKey: 'Label of nodes: nodes of equal value are one place.',
      matchLabelKeys: 'Keys whose values are taken from the new Pod and must be equal.',
      mismatchLabelKeys: 'Keys whose values are taken from the new Pod and must differ.',
    },
  ],
  WeightedPodAffinityTerm: [
    'A term with its weight.',
    { podAffinityTerm: 'The term.', weight: 'From 1 to 100.' },
  ],
  PreferredSchedulingTerm: [
    'Nodes that are liked, and how much.',
    { preference: 'Which nodes.', weight: 'From 1 to 100.' },
  ],
  NodeSelector: ['Selects nodes; one of its terms must hold.', { nodeSelectorTerms: 'The terms.' }],
  NodeSelectorTerm: [
    'Requirements on a node, all of which must hold. An empty term selects none.',
    {
      matchExpressions: 'Requirements on the labels of the node.',
      matchFields: 'Requirements on the fields of the node.',
    },
  ],
  NodeSelectorRequirement: [
    'A requirement on a label or field.',
    {
      key: 'Key of the label, or the field.',
      operator: 'In, NotIn, Exists, DoesNotExist, Gt or Lt.',
      values: 'Values for In and NotIn; one whole number for Gt and Lt; empty for the others.',
    },
  ],
  Toleration: [
    'Taints that a Pod puts up with: those of equal key, value and effect.',
    {
      key: 'Key of the taint. Empty with operator Exists means every key.',
      operator: 'Equal (default), Exists, or where enabled Lt and Gt.',
      value: 'Value of the taint. Empty with operator Exists.',
      effect: 'NoSchedule, PreferNoSchedule or NoExecute. Empty means every effect.',
      tolerationSeconds: 'For NoExecute: how long the Pod stays. Absent means for ever.',
    },
  ],
  TopologySpreadConstraint: [
    'How evenly Pods are spread over places.',
    {
      labelSelector: 'Which Pods are counted, by their labels.',
      matchLabelKeys: 'Keys whose values are taken from the new Pod and must be equal.',
      maxSkew: 'By how many Pods a place may have more than the one with the fewest.',
      minDomains: 'Fewest places there should be.',
      nodeAffinityPolicy: "Honor (default) counts only nodes the Pod's affinity allows; or Ignore.",
      nodeTaintsPolicy:
        'Honor counts only nodes whose taints the Pod tolerates; or Ignore (default).',
      topologyKey: 'Label of nodes: nodes of equal value are one place.',
      whenUnsatisfiable: 'DoNotSchedule (default) or ScheduleAnyway.',
    },
  ],
  PodSecurityContext: [
    'Security settings of a Pod. Those of a container come before them.',
    {
      appArmorProfile: 'AppArmor profile of the containers.',
      fsGroup: 'Group that owns the volumes and that every container belongs to.',
      fsGroupChangePolicy:
        'When owners in a volume are changed: Always (default) or OnRootMismatch.',
      runAsGroup: 'Group as which processes run.',
      runAsNonRoot: 'Containers that would run as root do not start.',
      runAsUser: 'User as which processes run. Default: that of the image.',
      seLinuxChangePolicy: 'How volumes get their SELinux label: MountOption or Recursive.',
      seLinuxOptions: 'SELinux context of the containers.',
      seccompProfile: 'System calls that containers may use.',
      supplementalGroups: 'Further groups of the first process of each container.',
      supplementalGroupsPolicy: "Merge (default) adds the image's groups; Strict does not.",
      sysctls: 'Kernel parameters that are set for the Pod.',
      windowsOptions: 'Settings for Windows.',
    },
  ],
  SELinuxOptions: [
    'Labels of SELinux.',
    { level: 'Level.', role: 'Role.', type: 'Type.', user: 'User.' },
  ],
  SeccompProfile: [
    'Which system calls are allowed.',
    {
      type: 'RuntimeDefault, Unconfined or Localhost.',
      localhostProfile: "For Localhost: a file below the kubelet's folder of profiles.",
    },
  ],
  AppArmorProfile: [
    'What AppArmor allows.',
    {
      type: 'RuntimeDefault, Unconfined or Localhost.',
      localhostProfile: 'For Localhost: name of a profile loaded on the node.',
    },
  ],
  Sysctl: ['A kernel parameter.', { name: 'Its name.', value: 'Its value.' }],
  WindowsSecurityContextOptions: [
    'Security settings for Windows.',
    {
      gmsaCredentialSpec: 'Contents of the GMSA credential spec.',
      gmsaCredentialSpecName: 'Name of the GMSA credential spec.',
      hostProcess: 'Runs as a process of the host.',
      runAsUserName: 'User as which processes run.',
    },
  ],
  LocalObjectReference: ['An object in the same namespace.', { name: 'Name of the object.' }],
  TypedLocalObjectReference: [
    'An object of any kind in the same namespace.',
    {
      apiGroup: 'API group of the object. Absent means the core group.',
      kind: 'Kind of the object.',
      name: 'Name of the object.',
    },
  ],
  TypedObjectReference: [
    'An object of any kind, in this or another namespace.',
    {
      apiGroup: 'API group of the object. Absent means the core group.',
      kind: 'Kind of the object.',
      name: 'Name of the object.',
      namespace: 'Namespace of the object. A ReferenceGrant there must allow it.',
    },
  ],
  ResourceRequirements: [
    'How much of what a container needs and may use at most.',
    {
      claims: 'Entries of spec.resourceClaims that the container uses.',
      limits: 'The most that may be used, such as cpu: 500m, memory: 128Mi.',
      requests: 'What is set aside when the Pod is placed. Default: the limits.',
    },
  ],
  ResourceClaim: [
    'An entry of spec.resourceClaims.',
    { name: 'Name of the entry.', request: 'A request in it. Empty means the whole claim.' },
  ],
}
