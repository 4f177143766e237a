// Table of descriptions: containers, their probes, environment and states, core/v1.

import { type DescriptionTable, optional } from './description-table.ts'

const containerFields = {
  args: 'Arguments of the program. Default: CMD of the image. $(NAME) stands for a variable.',
  command: 'The program to run. Default: ENTRYPOINT of the image. $(NAME) stands for a variable.',
  env: 'Environment variables.',
  envFrom: 'ConfigMaps and Secrets whose keys all become environment variables.',
  image: 'Image that the container is made from, such as nginx:1.27.',
  imagePullPolicy:
    'When the image is pulled: Always, IfNotPresent or Never. Default: Always for :latest, else IfNotPresent.',
  lifecycle: 'What to do after the start and before the end of the container.',
  livenessProbe:
    'Asks whether the container still works; when it fails, the container is restarted.',
  name: 'Name of the container, unique in the Pod.',
  ports: 'Ports that the container listens on. Mostly information; names can be used by Services.',
  readinessProbe:
    'Asks whether the container can take requests; while it fails, Services leave it out.',
  resizePolicy: 'Whether a change of a resource restarts the container.',
  resources: 'How much CPU, memory and the like the container needs and may use.',
  restartPolicy:
    'Restarts of this container apart from those of the Pod. Always makes a sidecar of an init container.',
  restartPolicyRules: 'Rules by exit code that come before restartPolicy.',
  securityContext: 'Security settings of the container.',
  startupProbe: 'Asks whether the container has started; the other probes wait for it.',
  stdin: 'Keeps standard input open for whoever attaches. Default: false.',
  stdinOnce: 'Closes standard input when the first who attached leaves. Default: false.',
  terminationMessagePath:
    'File in which the container leaves its last words. Default: /dev/termination-log.',
  terminationMessagePolicy:
    'File (default), or FallbackToLogsOnError to take the end of the log where there are none.',
  tty: 'Gives the container a terminal; needs stdin. Default: false.',
  volumeDevices: 'Volumes used as block devices.',
  volumeMounts: 'Where volumes are mounted in the container.',
  workingDir: 'Folder in which the program starts. Default: that of the image.',
}

const keySelector = { name: 'Name of the object.', optional }
const rule = {
  action: 'What to do: Restart.',
  exitCodes: 'Exit codes that the rule is about.',
}

export const containerDescriptions: DescriptionTable = {
  Container: ['One container of a Pod.', containerFields],
  EphemeralContainer: [
    'A container added to a running Pod for debugging. It is not restarted and has no resources of its own.',
    {
      ...containerFields,
      targetContainerName: 'Container whose processes it sees.',
    },
  ],
  ContainerPort: [
    'A port that a container listens on.',
    {
      containerPort: 'Number of the port, from 1 to 65535.',
      hostIP: 'Address of the node that hostPort is bound to.',
      hostPort: 'Port of the node that leads here, where it is needed.',
      name: 'Name by which Services may refer to the port.',
      protocol: 'TCP (default), UDP or SCTP.',
    },
  ],
  ContainerResizePolicy: [
    'Whether a change of a resource restarts the container.',
    {
      resourceName: 'The resource: cpu or memory.',
      restartPolicy: 'NotRequired (default) or RestartContainer.',
    },
  ],
  ContainerRestartRule: ['What to do when a container ends in some way.', rule],
  ContainerRestartRuleOnExitCodes: [
    'Exit codes that a rule is about.',
    { operator: 'In or NotIn.', values: 'The exit codes, at most 255.' },
  ],
  EnvVar: [
    'An environment variable.',
    {
      name: 'Name of the variable.',
      value: 'Value; $(NAME) stands for an earlier variable. Default: empty.',
      valueFrom: 'Where the value comes from, instead of value.',
    },
  ],
  EnvVarSource: [
    'Where the value of a variable comes from; one of these.',
    {
      configMapKeyRef: 'A key of a ConfigMap.',
      fieldRef: 'A field of the Pod, such as metadata.name or status.podIP.',
      fileKeyRef: 'A key of a file of variables in a volume.',
      resourceFieldRef: 'A request or limit of a container.',
      secretKeyRef: 'A key of a Secret.',
    },
  ],
  EnvFromSource: [
    'An object whose keys all become variables.',
    {
      configMapRef: 'The ConfigMap.',
      prefix: 'Text put before each name.',
      secretRef: 'The Secret.',
    },
  ],
  ConfigMapEnvSource: ['A ConfigMap whose keys become variables.', keySelector],
  SecretEnvSource: ['A Secret whose keys become variables.', keySelector],
  ConfigMapKeySelector: ['A key of a ConfigMap.', { ...keySelector, key: 'The key.' }],
  SecretKeySelector: ['A key of a Secret.', { ...keySelector, key: 'The key.' }],
  FileKeySelector: [
    'A key of a file of variables.',
    {
      key: 'The key.',
      optional: 'The Pod starts without it where the file or the key does not exist.',
      path: 'The file in the volume.',
      volumeName: 'The volume.',
    },
  ],
  ObjectFieldSelector: [
    'A field of the Pod.',
    {
      apiVersion: 'Version in which the field is named. Default: v1.',
      fieldPath: "The field, such as metadata.labels['app'] or spec.nodeName.",
    },
  ],
  ResourceFieldSelector: [
    'A request or limit of a container.',
    {
      containerName: 'The container. Needed in volumes.',
      divisor: 'Unit in which the value is given. Default: 1.',
      resource: 'Which one, such as limits.cpu or requests.memory.',
    },
  ],
  Lifecycle: [
    'What to do at the beginning and the end of a container.',
    {
      postStart: 'Done right after the start. When it fails, the container is ended and restarted.',
      preStop: 'Done before the container is told to stop, within the grace period.',
      stopSignal:
        'Signal that tells the container to stop. Default: that of the image, or SIGTERM.',
    },
  ],
  LifecycleHandler: [
    'What to do; one of these.',
    {
      exec: 'Runs a command in the container.',
      httpGet: 'Sends an HTTP request.',
      sleep: 'Waits.',
      tcpSocket: 'Deprecated, without effect.',
    },
  ],
  Probe: [
    'A question asked of a container again and again.',
    {
      exec: 'Runs a command in the container; exit code 0 is a yes.',
      failureThreshold: 'How many noes in a row count as failed. Default: 3.',
      grpc: 'Makes a gRPC health check.',
      httpGet: 'Sends an HTTP request; a status from 200 to 399 is a yes.',
      initialDelaySeconds: 'How long after the start to ask first. Default: 0.',
      periodSeconds: 'How often to ask. Default: 10.',
      successThreshold: 'How many yeses in a row count as good after a failure. Default: 1.',
      tcpSocket: 'Opens a TCP connection; an open port is a yes.',
      terminationGracePeriodSeconds:
        'Grace period after this probe failed, instead of that of the Pod.',
      timeoutSeconds: 'How long to wait for an answer. Default: 1.',
    },
  ],
  ExecAction: ['Runs a command.', { command: 'The program and its arguments. No shell is used.' }],
  HTTPGetAction: [
    'An HTTP GET request.',
    {
      host: 'Where to connect to. Default: the address of the Pod.',
      httpHeaders: 'Headers to send.',
      path: 'Path to ask for. Default: /.',
      port: 'Port by number or name.',
      scheme: 'HTTP (default) or HTTPS.',
    },
  ],
  HTTPHeader: ['A header.', { name: 'Its name.', value: 'Its value.' }],
  TCPSocketAction: [
    'A TCP connection.',
    {
      host: 'Where to connect to. Default: the address of the Pod.',
      port: 'Port by number or name.',
    },
  ],
  GRPCAction: [
    'A gRPC health check.',
    { port: 'Number of the port.', service: 'Name of the service to ask about. Default: empty.' },
  ],
  SleepAction: ['Waits.', { seconds: 'How long.' }],
  SecurityContext: [
    'Security settings of a container. They come before those of the Pod.',
    {
      allowPrivilegeEscalation: 'Whether a process may gain more rights than its parent has.',
      appArmorProfile: 'AppArmor profile of the container.',
      capabilities: 'Capabilities beside the default ones. Default: those of the runtime.',
      privileged: 'Runs with the rights of root on the node. Default: false.',
      procMount: 'How /proc is mounted: Default or Unmasked.',
      readOnlyRootFilesystem: 'Makes the file system of the image read-only. Default: false.',
      runAsGroup: 'Group as which processes run.',
      runAsNonRoot: 'The container does not start if it would run as root.',
      runAsUser: 'User as which processes run. Default: that of the image.',
      seLinuxOptions: 'SELinux context of the container.',
      seccompProfile: 'System calls that the container may use.',
      windowsOptions: 'Settings for Windows.',
    },
  ],
  Capabilities: [
    'Capabilities of Linux.',
    { add: 'Those to add.', drop: 'Those to take away. ALL means every one.' },
  ],
  ContainerStatus: [
    'State of a container.',
    {
      allocatedResources: 'Resources that the node has set aside for it.',
      allocatedResourcesStatus: 'Health of devices allocated to it.',
      containerID: 'Identity of the container: RUNTIME://ID.',
      image: 'Image it runs, as the runtime names it.',
      imageID: 'Identity of the image.',
      lastState: 'How the container before this one ended.',
      name: 'Name of the container in the spec.',
      ready: 'Whether it passes its readiness probe.',
      resources: 'Requests and limits in force.',
      restartCount: 'How often it has been restarted.',
      started: 'Whether its startup probe has passed.',
      state: 'What it does now.',
      stopSignal: 'Signal that tells it to stop.',
      user: 'User and groups of its first process.',
      volumeMounts: 'How its volumes are mounted.',
    },
  ],
  ContainerState: [
    'What a container does; one of these. Without any: waiting.',
    { running: 'It runs.', terminated: 'It has ended.', waiting: 'It has not started yet.' },
  ],
  ContainerStateRunning: ['A container that runs.', { startedAt: 'Since when.' }],
  ContainerStateTerminated: [
    'A container that has ended.',
    {
      containerID: 'Identity of the container.',
      exitCode: 'Its exit code.',
      finishedAt: 'When it ended.',
      message: 'Its last words.',
      reason: 'Why it ended, such as Completed, Error or OOMKilled.',
      signal: 'Signal that ended it.',
      startedAt: 'When it started.',
    },
  ],
  ContainerStateWaiting: [
    'A container that has not started yet.',
    {
      message: 'Why, for people to read.',
      reason: 'Why, in one word, such as ContainerCreating or ImagePullBackOff.',
    },
  ],
  ContainerUser: ['User of a container.', { linux: 'On Linux.' }],
  LinuxContainerUser: [
    'User and groups of the first process.',
    { gid: 'Its group.', supplementalGroups: 'Its further groups.', uid: 'Its user.' },
  ],
  ResourceStatus: [
    'Health of an allocated resource.',
    { name: 'The resource.', resources: 'Each allocated device, with its health.' },
  ],
  ResourceHealth: [
    'Health of one device.',
    {
      health: 'Healthy, Unhealthy or Unknown.',
      message: 'Why, for people to read.',
      resourceID: 'Identity of the device.',
    },
  ],
}
