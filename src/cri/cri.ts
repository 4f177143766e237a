// The runtime interface between the kubelet and what runs containers: CRI v1 (runtime.v1) in
// process. Names, fields and rules are CRI's own, in the JSON form of its messages; int64 fields
// are numbers (nanoseconds stay exact below 2^53 by being given in milliseconds where noted).
// Streams are the one difference: exec, attach and portForward return them, not a URL.

import type { Duplex, Readable, Writable } from 'node:stream'

export interface PodSandboxMetadata {
  readonly name: string
  readonly uid: string
  readonly namespace: string
  readonly attempt: number
}

export type NamespaceMode = 'POD' | 'CONTAINER' | 'NODE' | 'TARGET'

export interface NamespaceOptions {
  readonly network: NamespaceMode
  readonly pid: NamespaceMode
  readonly ipc: NamespaceMode
  /** With pid TARGET: the container whose process namespace is joined. */
  readonly targetId?: string
}

export interface PortMapping {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
  readonly containerPort: number
  readonly hostPort: number
  readonly hostIp: string
}

export interface DnsConfig {
  readonly servers: readonly string[]
  readonly searches: readonly string[]
  readonly options: readonly string[]
}

export interface PodSandboxConfig {
  readonly metadata: PodSandboxMetadata
  readonly hostname: string
  /** Containers' log files live below it: <logDirectory>/<log_path>. */
  readonly logDirectory: string
  readonly dnsConfig?: DnsConfig
  readonly portMappings: readonly PortMapping[]
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly namespaceOptions: NamespaceOptions
  readonly sysctls: Readonly<Record<string, string>>
  /** cgroup path of the pod below the cluster's own root, e.g. /kubepods/burstable/pod<uid>. */
  readonly cgroupParent: string
  readonly runtimeHandler: string
}

export type SandboxState = 'READY' | 'NOTREADY'

export interface PodSandbox {
  readonly id: string
  readonly metadata: PodSandboxMetadata
  readonly state: SandboxState
  readonly createdAtMs: number
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface PodSandboxStatus extends PodSandbox {
  /** Empty with the node's own network. The first is the primary address. */
  readonly ips: readonly string[]
}

export interface ImageSpec {
  /** As the user wrote it: nginx, nginx:1.23, host/path@sha256:... */
  readonly image: string
}

export interface Image {
  /** sha256:... of the image's config. */
  readonly id: string
  readonly repoTags: readonly string[]
  readonly repoDigests: readonly string[]
  readonly sizeBytes: number
  /** From the image's config: a number, or a name that must be looked up inside. */
  readonly uid?: number
  readonly username?: string
}

export interface AuthConfig {
  readonly username?: string
  readonly password?: string
  /** A registry bearer token in place of a name and password. */
  readonly registryToken?: string
}

export interface Mount {
  readonly containerPath: string
  /** Absent with `image`: the volume is that image's file system. */
  readonly hostPath?: string
  readonly image?: ImageSpec
  readonly readonly: boolean
  readonly recursiveReadOnly?: boolean
  readonly propagation: 'PRIVATE' | 'HOST_TO_CONTAINER' | 'BIDIRECTIONAL'
}

export interface LinuxResources {
  readonly cpuPeriod?: number
  readonly cpuQuota?: number
  readonly cpuShares?: number
  readonly memoryLimitBytes?: number
  readonly oomScoreAdj?: number
  readonly cpusetCpus?: string
  readonly pidsLimit?: number
}

export interface SecurityContext {
  readonly capabilities?: { readonly add: readonly string[]; readonly drop: readonly string[] }
  readonly privileged: boolean
  /** Where the container's differ from its sandbox's: pid TARGET of an ephemeral container. */
  readonly namespaceOptions?: NamespaceOptions
  readonly runAsUser?: number
  readonly runAsUsername?: string
  readonly runAsGroup?: number
  readonly supplementalGroups: readonly number[]
  readonly readonlyRootfs: boolean
  readonly noNewPrivs: boolean
  readonly maskedPaths?: readonly string[]
  readonly readonlyPaths?: readonly string[]
  readonly seccomp?: {
    readonly type: 'RuntimeDefault' | 'Unconfined' | 'Localhost'
    readonly localhostRef?: string
  }
}

export interface ContainerConfig {
  readonly metadata: { readonly name: string; readonly attempt: number }
  readonly image: ImageSpec
  /** Replaces the image's entrypoint; with it given the image's cmd is dropped too. */
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly workingDir?: string
  readonly envs: readonly { readonly key: string; readonly value: string }[]
  readonly mounts: readonly Mount[]
  readonly devices: readonly {
    readonly hostPath: string
    readonly containerPath: string
    readonly permissions: string
  }[]
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Relative to the sandbox's logDirectory, e.g. web/0.log. */
  readonly logPath: string
  readonly stdin: boolean
  readonly stdinOnce: boolean
  readonly tty: boolean
  readonly resources: LinuxResources
  readonly security: SecurityContext
  /** A signal's name in place of the image's, e.g. SIGUSR1. */
  readonly stopSignal?: string
}

export type ContainerState = 'CREATED' | 'RUNNING' | 'EXITED' | 'UNKNOWN'

export interface Container {
  readonly id: string
  readonly podSandboxId: string
  readonly metadata: { readonly name: string; readonly attempt: number }
  readonly image: ImageSpec
  /** Image.id it was made from. */
  readonly imageId: string
  readonly state: ContainerState
  readonly createdAtMs: number
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

export interface ContainerStatus extends Container {
  readonly startedAtMs: number
  readonly finishedAtMs: number
  readonly exitCode: number
  /** Completed, Error, OOMKilled, ContainerCannotRun, StartError. */
  readonly reason: string
  readonly message: string
  readonly logPath: string
  /** repo@digest where known, else the id. What kubectl shows as Image ID. */
  readonly imageRef: string
  readonly user?: {
    readonly uid: number
    readonly gid: number
    readonly supplementalGroups: readonly number[]
  }
  readonly resources: LinuxResources
}

export interface TerminalSize {
  readonly width: number
  readonly height: number
}

/** A command's or container's streams; absent ones were not asked for. */
export interface StreamOptions {
  readonly stdin?: Readable
  readonly stdout?: Writable
  /** Never with a terminal. */
  readonly stderr?: Writable
  readonly tty: boolean
  readonly resizes?: AsyncIterable<TerminalSize>
  readonly signal?: AbortSignal
}

export interface ContainerStats {
  readonly id: string
  readonly timestampMs: number
  readonly cpuUsageCoreNanoSeconds: number
  readonly memoryWorkingSetBytes: number
  readonly memoryUsageBytes: number
  readonly rootfsUsedBytes: number
}

export type RuntimeEvent = {
  readonly type:
    | 'CONTAINER_CREATED'
    | 'CONTAINER_STARTED'
    | 'CONTAINER_STOPPED'
    | 'CONTAINER_DELETED'
  readonly containerId: string
  readonly podSandboxId: string
}

export interface RuntimeCondition {
  /** RuntimeReady, NetworkReady, and the embedded runtime's own such as CgroupsLimited. */
  readonly type: string
  readonly status: boolean
  readonly reason: string
  readonly message: string
}

/** Errors are CriError; a missing sandbox or container is code NotFound. Removals are idempotent. */
export interface RuntimeService {
  version(): Promise<{
    readonly runtimeName: string
    readonly runtimeVersion: string
    readonly runtimeApiVersion: string
  }>
  status(): Promise<{
    readonly conditions: readonly RuntimeCondition[]
    readonly runtimeHandlers: readonly string[]
  }>
  runPodSandbox(config: PodSandboxConfig): Promise<string>
  /** Stops its containers at once and takes its network down; safe to repeat. */
  stopPodSandbox(id: string): Promise<void>
  removePodSandbox(id: string): Promise<void>
  podSandboxStatus(id: string): Promise<PodSandboxStatus>
  listPodSandbox(): Promise<readonly PodSandbox[]>
  createContainer(
    sandboxId: string,
    config: ContainerConfig,
    sandbox: PodSandboxConfig,
  ): Promise<string>
  startContainer(id: string): Promise<void>
  /** The stop signal, then SIGKILL after timeoutSeconds (0: at once). Resolves when it has ended. */
  stopContainer(id: string, timeoutSeconds: number): Promise<void>
  removeContainer(id: string): Promise<void>
  containerStatus(id: string): Promise<ContainerStatus>
  listContainers(): Promise<readonly Container[]>
  updateContainerResources(id: string, resources: LinuxResources): Promise<void>
  reopenContainerLog(id: string): Promise<void>
  /** Runs to its end; past timeoutMs (0: no limit) it is killed and the call fails with DeadlineExceeded. */
  execSync(
    id: string,
    command: readonly string[],
    timeoutMs: number,
  ): Promise<{
    readonly stdout: Uint8Array
    readonly stderr: Uint8Array
    readonly exitCode: number
  }>
  /** Resolves with the command's exit code. */
  exec(id: string, command: readonly string[], streams: StreamOptions): Promise<number>
  /** Resolves when the streams end or the container does. */
  attach(id: string, streams: StreamOptions): Promise<void>
  /** A connection to 127.0.0.1:port inside the sandbox's network. */
  portForward(sandboxId: string, port: number): Promise<Duplex>
  stats(id: string): Promise<ContainerStats>
  /** What happens to containers, as it happens; the kubelet relists when it starts. */
  events(signal: AbortSignal): AsyncIterable<RuntimeEvent>
}

export interface ImageService {
  listImages(): Promise<readonly Image[]>
  /** Undefined when the image is not there. */
  imageStatus(image: ImageSpec): Promise<Image | undefined>
  /** Resolves with the image's reference; CriError's message is what the user will read. */
  pullImage(image: ImageSpec, auth?: AuthConfig): Promise<string>
  removeImage(image: ImageSpec): Promise<void>
  imageFsInfo(): Promise<{
    readonly path: string
    readonly usedBytes: number
    readonly inodesUsed: number
  }>
}

export type CriCode =
  | 'NotFound'
  | 'AlreadyExists'
  | 'InvalidArgument'
  | 'FailedPrecondition'
  | 'DeadlineExceeded'
  | 'Unavailable'
  | 'Unknown'
  | 'Unimplemented'
  | 'ResourceExhausted'

export class CriError extends Error {
  readonly code: CriCode
  constructor(code: CriCode, message: string) {
    super(message)
    this.name = 'CriError'
    this.code = code
  }
}

/** What a runtime says of a sandbox whose handler it does not have. */
export function unknownHandler(handler: string): CriError {
  const reason = `no runtime for "${handler}" is configured`
  return new CriError('Unknown', `failed to get sandbox runtime: ${reason}`)
}
