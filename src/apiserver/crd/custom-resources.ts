// Serves custom resources: follows the definitions, adds and removes resources while others are
// served, keeps each definition's status, and clears out what a deleted one leaves.

import { type KindEntry, kinds } from '../../api/kinds.ts'
import type { CustomResourceDefinition } from '../../api/types.gen.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import type { Random } from '../../lib/random.ts'
import type { CustomSchema, CustomSchemas } from '../openapi/custom-schemas.ts'
import type { Change, Reader } from '../reader.ts'
import type { Resource } from '../registry/resource.ts'
import type { PostReview } from '../review-client.ts'
import { cleanupFinalizer } from './before-deletion.ts'
import { isTrue, type NewCondition, withCondition } from './conditions.ts'
import { type CustomVersion, customVersions, isServedAlike } from './custom-resource.ts'
import { writeStatus } from './definition-writer.ts'
import { customSchema } from './open-api.ts'
import { planStatus } from './plan.ts'
import { removeInstances } from './remove-instances.ts'
import { type ConvertValues, webhookConverter } from './webhook-converter.ts'

type Definition = CustomResourceDefinition

/** The part of the registry that custom resources need. */
export interface ResourceSet {
  add(resource: Resource): void
  remove(resource: Resource): void
}

export interface CustomResourcesOptions {
  readonly reader: Reader
  readonly resources: ResourceSet
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  readonly random: Random
  /** How conversion webhooks are reached. */
  readonly post: PostReview
}

export interface CustomResources {
  /** All kinds that are served; another array once they change. */
  readonly liveKinds: () => readonly KindEntry[]
  readonly schemas: CustomSchemas
  /** Resolves after the signal has aborted and nothing is written any more. */
  readonly ended: Promise<void>
}

/** How long to wait after a failure that no event will follow. */
const retryMs = 1000

/** Resolves when every definition that is stored now is served. */
export async function serveCustomResources(
  options: CustomResourcesOptions,
): Promise<CustomResources> {
  const definitions = new Definitions(options)
  const following = await options.reader.follow(
    'CustomResourceDefinition',
    (change) => definitions.report(change),
    options.signal,
  )
  return {
    liveKinds: () => definitions.liveKinds,
    schemas: (def) => definitions.schemas.get(def)?.(),
    ended: following.ended.then(() => definitions.settled()),
  }
}

interface Served {
  readonly definition: Definition
  readonly versions: readonly CustomVersion[]
  /** What OpenAPI publishes, by definition name: made when it is asked for, once. */
  readonly schemas: ReadonlyMap<string, () => CustomSchema>
}

function publishedSchemas(
  definition: Definition,
  versions: readonly CustomVersion[],
): Served['schemas'] {
  const schemas = new Map<string, () => CustomSchema>()
  for (const { listed } of versions) {
    const version = definition.spec.versions.find(({ name }) => name === listed?.version)
    if (!listed || !version) continue
    let made: CustomSchema | undefined
    schemas.set(listed.def, () => {
      made ??= customSchema(definition, version)
      return made
    })
  }
  return schemas
}

class Definitions {
  readonly schemas = new Map<string, () => CustomSchema>()
  liveKinds: readonly KindEntry[] = kinds
  readonly #options: CustomResourcesOptions
  readonly #known = new Map<string, Definition>()
  readonly #served = new Map<string, Served>()
  /** Names whose status is to be looked at, in order. */
  readonly #pending = new Set<string>()
  /** Definitions that are ending, by uid. */
  readonly #ending = new Map<string, Promise<void>>()
  #working: Promise<void> | undefined

  constructor(options: CustomResourcesOptions) {
    this.#options = options
  }

  report({ previous, current }: Change<Definition>): void {
    const one = current ?? previous
    if (!one) return
    const { name } = one.metadata
    if (current) this.#known.set(name, current)
    else this.#known.delete(name)
    this.#serve(name, current)
    if (current) this.#pending.add(name)
    else this.#queueGroup(one.spec.group)
    this.#work()
  }

  async settled(): Promise<void> {
    await Promise.all([this.#working, ...this.#ending.values()])
  }

  /** Names that were taken may be free now. */
  #queueGroup(group: string): void {
    for (const { metadata, spec } of this.#known.values()) {
      if (spec.group === group) this.#pending.add(metadata.name)
    }
  }

  #serve(name: string, definition: Definition | undefined): void {
    const before = this.#served.get(name)
    const isWanted = definition !== undefined && isTrue(definition, 'Established')
    if (before && isWanted && isServedAlike(before.definition, definition)) return
    const { resources } = this.#options
    // Removed first: watches of the old schema end, and clients come back to the new one.
    for (const { resource } of before?.versions ?? []) resources.remove(resource)
    this.#served.delete(name)
    if (isWanted) {
      const versions = customVersions(definition, this.#converter(definition))
      for (const { resource } of versions) resources.add(resource)
      const schemas = publishedSchemas(definition, versions)
      this.#served.set(name, { definition, versions, schemas })
    }
    if (before || isWanted) this.#publish()
  }

  #converter(definition: Definition): ConvertValues | undefined {
    if (definition.spec.conversion?.strategy !== 'Webhook') return undefined
    const { post, random, reader } = this.#options
    return webhookConverter(definition, { post, random, services: reader })
  }

  #publish(): void {
    const all = [...this.#served.values()]
    this.schemas.clear()
    for (const { schemas } of all) {
      for (const [def, schema] of schemas) this.schemas.set(def, schema)
    }
    const custom = all.flatMap(({ versions }) => versions.flatMap(({ listed }) => listed ?? []))
    this.liveKinds = [...kinds, ...custom]
  }

  #work(): void {
    this.#working ??= this.#workAll().finally(() => {
      this.#working = undefined
      if (this.#pending.size > 0 && !this.#options.signal.aborted) this.#work()
    })
  }

  async #workAll(): Promise<void> {
    const { signal, clock, log } = this.#options
    for (const name of this.#pending) {
      if (signal.aborted) return
      this.#pending.delete(name)
      try {
        await this.#sync(name)
      } catch (error) {
        log.error('custom resource definition', { name, error })
        this.#pending.add(name)
        await clock.sleep(retryMs, signal).catch(() => {})
      }
    }
  }

  async #sync(name: string): Promise<void> {
    const definition = this.#known.get(name)
    if (!definition) return
    const { deletionTimestamp, finalizers = [], uid = '' } = definition.metadata
    if (deletionTimestamp !== undefined) {
      const isOurs = finalizers.includes(cleanupFinalizer) && !this.#ending.has(uid)
      if (isOurs) this.#ending.set(uid, this.#end(definition, uid))
      return
    }
    const { reader, clock } = this.#options
    const status = planStatus(definition, [...this.#known.values()], clock.now())
    if (!status) return
    const written = await writeStatus(reader, definition, { status })
    if (!written) return
    // Others of the group must not be given the same names before the event comes.
    this.#known.set(name, written)
    this.#serve(name, written)
    this.#queueGroup(definition.spec.group)
  }

  async #end(definition: Definition, uid: string): Promise<void> {
    const { log, clock, signal } = this.#options
    const { name } = definition.metadata
    while (!signal.aborted) {
      try {
        if (await this.#tryEnd(name)) break
      } catch (error) {
        if (!signal.aborted) log.error('end of a custom resource definition', { name, error })
      }
      await clock.sleep(retryMs, signal).catch(() => {})
    }
    this.#ending.delete(uid)
  }

  /** True once the definition waits for nothing of ours. */
  async #tryEnd(name: string): Promise<boolean> {
    const { reader } = this.#options
    const fresh = () => reader.get('CustomResourceDefinition', { name })
    const definition = await fresh()
    const marked = await this.#setTerminating(definition, inProgress)
    if (marked === 'gone') return true
    const kept = definition?.spec.versions.find(({ storage }) => storage)?.name
    const version = this.#served
      .get(name)
      ?.versions.find(({ resource }) => resource.entry.version === kept)
    const removal = version
      ? await removeInstances(this.#options, version.resource.entry)
      : neverEstablished
    const rest = removal.isDone ? cleanupFinalizer : undefined
    const written = await this.#setTerminating(await fresh(), removal.condition, rest)
    return written === 'gone' || (removal.isDone && written === 'written')
  }

  async #setTerminating(
    definition: Definition | undefined,
    condition: NewCondition,
    doneFinalizer?: string,
  ): Promise<'gone' | 'written' | 'overtaken'> {
    if (!definition?.metadata.finalizers?.includes(cleanupFinalizer)) return 'gone'
    const { reader, clock } = this.#options
    const { metadata, status } = definition
    const now = `${clock.now().toISOString().slice(0, 19)}Z`
    const conditions = withCondition(status?.conditions ?? [], condition, now)
    const finalizers = metadata.finalizers?.filter((each) => each !== doneFinalizer) ?? []
    const written = await writeStatus(reader, definition, {
      status: { ...status, conditions },
      metadata: { ...metadata, finalizers },
    })
    return written ? 'written' : 'overtaken'
  }
}

const inProgress: NewCondition = {
  type: 'Terminating',
  status: 'True',
  reason: 'InstanceDeletionInProgress',
  message: 'CustomResource deletion is in progress',
}

const neverEstablished = {
  isDone: true,
  condition: {
    type: 'Terminating',
    status: 'False',
    reason: 'NeverEstablished',
    message: 'resource was never established',
  },
}
