// The APIServices as they are now: who serves a group and version, and how groups are ordered. Kept
// current by changes that are reported; readers take the state as it is and never wait.

import type { APIService } from '../../api/types.gen.ts'
import type { Priority } from '../discovery/group-order.ts'
import type { Aggregated, RemoteVersion } from '../discovery/groups.ts'
import type { RemoteSpecs } from '../openapi/merge-remote.ts'
import type { Change } from '../reader.ts'
import {
  groupVersionKey,
  groupVersionPath,
  priorityOf,
  type RemoteService,
  remoteServiceOf,
} from './api-service.ts'

/** What a remote server last said of itself. */
export interface RemoteWord {
  readonly resources: readonly object[]
  readonly isCurrent: boolean
  readonly openApiV2?: unknown
  readonly openApiV3Url?: string
}

const silent: RemoteWord = { resources: [], isCurrent: false }

export class ApiServices {
  aggregated: Aggregated = { priorities: new Map(), remotes: [] }
  specs: RemoteSpecs = { v2: [], v3: new Map() }
  readonly #services = new Map<string, APIService>()
  /** By group/version. */
  readonly #remotes = new Map<string, RemoteService>()
  readonly #words = new Map<string, RemoteWord>()

  report({ previous, current }: Change<APIService>): void {
    const name = (current ?? previous)?.metadata.name ?? ''
    const before = this.#services.get(name)
    const remoteBefore = before && remoteServiceOf(before)
    if (remoteBefore) this.#remotes.delete(groupVersionKey(remoteBefore))
    if (current) this.#services.set(name, current)
    else this.#services.delete(name)
    const remote = current && remoteServiceOf(current)
    if (remote) this.#remotes.set(groupVersionKey(remote), remote)
    else this.#words.delete(name)
    this.#publish()
    if (remote || remoteBefore) this.#publishSpecs()
  }

  get(name: string): APIService | undefined {
    return this.#services.get(name)
  }

  names(): readonly string[] {
    return [...this.#services.keys()]
  }

  /** Whether anything is served elsewhere at all. */
  get hasRemotes(): boolean {
    return this.#remotes.size > 0
  }

  remoteOf(group: string, version: string): RemoteService | undefined {
    return this.#remotes.get(groupVersionKey({ group, version }))
  }

  remotes(): readonly RemoteService[] {
    return [...this.#remotes.values()]
  }

  /** What its server says now; one that is gone meanwhile is not listened to. */
  hear(name: string, word: RemoteWord): void {
    if (!this.remotes().some((remote) => remote.name === name)) return
    const before = this.#words.get(name) ?? silent
    this.#words.set(name, word)
    if (!isSameDiscovery(before, word)) this.#publish()
    const { openApiV2, openApiV3Url } = before
    if (openApiV2 !== word.openApiV2 || openApiV3Url !== word.openApiV3Url) this.#publishSpecs()
  }

  #publish(): void {
    this.aggregated = {
      priorities: new Map([...this.#services.values()].map(prioritised)),
      remotes: this.remotes().map((remote) => this.#versionOf(remote)),
    }
  }

  #publishSpecs(): void {
    const remotes = this.remotes()
    const wordOf = ({ name }: RemoteService) => this.#words.get(name) ?? silent
    this.specs = {
      v2: remotes.map((remote) => ({
        prefix: `${groupVersionPath(remote)}/`,
        document: wordOf(remote).openApiV2,
      })),
      v3: new Map(
        remotes.flatMap((remote) => {
          const url = wordOf(remote).openApiV3Url
          return url ? [[groupVersionPath(remote).slice(1), url]] : []
        }),
      ),
    }
  }

  #versionOf({ name, group, version, isAvailable }: RemoteService): RemoteVersion {
    const { resources, isCurrent } = this.#words.get(name) ?? silent
    return { group, version, resources, isCurrent: isCurrent && isAvailable }
  }
}

function isSameDiscovery(a: RemoteWord, b: RemoteWord): boolean {
  return a.isCurrent === b.isCurrent && JSON.stringify(a.resources) === JSON.stringify(b.resources)
}

function prioritised(service: APIService): [string, Priority] {
  const { group = '', version = '' } = service.spec
  return [groupVersionKey({ group, version }), priorityOf(service)]
}
