// What the Pods of one node share: the drivers, the node's own facts, and where things are.

import type { Service } from '../../api/types.gen.ts'
import type { Client } from '../../client/client.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { ImageService, RuntimeService } from '../../cri/cri.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { DnsSettings } from '../containers/resolv-conf.ts'
import type { ImagePuller } from '../images/image-puller.ts'
import type { ObjectReader } from '../objects.ts'
import type { DialPod } from '../probes/dial.ts'
import type { PodVolumes } from '../volumes/volumes.ts'

export interface NodeContext {
  readonly node: string
  readonly address: string
  /** The prefix of container ids in statuses. */
  readonly runtimeName: string
  readonly folder: string
  readonly logRoot: string
  readonly memoryBytes: number
  /** As the API has them now; undefined while the Node is not known. */
  readonly nodeLabels: () => Readonly<Record<string, string>> | undefined
  readonly allocatable: Readonly<Record<string, string>>
  readonly dns: DnsSettings
  readonly client: Client
  readonly recorder: EventRecorder
  readonly runtime: RuntimeService
  readonly images: ImageService
  readonly puller: ImagePuller
  readonly volumes: PodVolumes
  readonly objects: ObjectReader
  readonly services: () => readonly Service[]
  readonly dial: DialPod
  /** Resolves when Services no longer send new connections to a Pod's address. */
  readonly left: (podIp: string) => Promise<void>
  readonly clock: Clock
  readonly log: Log
}
