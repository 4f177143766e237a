// For tests: a registry that serves custom resources, and definitions in a line.

import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { JSONSchemaProps } from '../../api/types.gen.ts'
import { systemClock } from '../../lib/clock.ts'
import { silentLog } from '../../lib/log.ts'
import { systemRandom } from '../../lib/random.ts'
import { createReader } from '../reader.ts'
import { registryFixture } from '../registry/registry-fixture.ts'
import { createReviewPoster } from '../review-client.ts'
import { type CustomResources, serveCustomResources } from './custom-resources.ts'

export const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

export const widgetSchema: JSONSchemaProps = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      properties: {
        size: { type: 'integer', minimum: 1, maximum: 10 },
        color: { type: 'string', enum: ['red', 'blue'], default: 'red' },
        name: { type: 'string', pattern: '^[a-z]+$', maxLength: 5 },
        port: { 'x-kubernetes-int-or-string': true },
        parts: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['id'],
          items: {
            type: 'object',
            required: ['id'],
            properties: { id: { type: 'string' }, count: { type: 'integer', default: 1 } },
          },
        },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
    status: {
      type: 'object',
      properties: { replicas: { type: 'integer' }, phase: { type: 'string' } },
    },
  },
}

export interface DefinitionOptions {
  readonly plural?: string
  readonly kind?: string
  readonly shortNames?: readonly string[]
  readonly schema?: JSONSchemaProps
  readonly scope?: string
  readonly versions?: readonly object[]
}

export function versionOf(name: string, more: object = {}): object {
  return {
    ...{ name, served: true, storage: true },
    schema: { openAPIV3Schema: widgetSchema },
    subresources: { status: {} },
    ...more,
  }
}

export function definition(options: DefinitionOptions = {}): object {
  const { plural = 'widgets', kind = 'Widget', shortNames, scope = 'Namespaced' } = options
  const schema = options.schema ?? widgetSchema
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope,
      names: { plural, kind, ...(shortNames && { shortNames }) },
      versions: options.versions ?? [versionOf('v1', { schema: { openAPIV3Schema: schema } })],
    },
  }
}

export async function crdFixture() {
  const api = await registryFixture({ clock: systemClock })
  const stopping = new AbortController()
  const custom: CustomResources = await serveCustomResources({
    reader: createReader(api.registry.handle),
    resources: api.registry,
    clock: systemClock,
    random: systemRandom,
    post: createReviewPoster({ userAgent: 'test', mostAnswerBytes: 1 << 20 }),
    log: silentLog,
    signal: stopping.signal,
  })

  /** What `look` finds once it finds something. */
  async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
    for (let tries = 0; tries < 500; tries++) {
      const found = await look()
      if (found !== undefined) return found
      await delay(10)
    }
    throw new Error('it never came')
  }

  /** What `change` answers, once the definitions that are served are others than before it. */
  async function served<T>(change: () => Promise<T>): Promise<T> {
    const before = custom.liveKinds()
    const answer = await change()
    await eventually(async () => custom.liveKinds() !== before || undefined)
    return answer
  }

  async function conditionOf(name: string, type: string) {
    const { json } = await api.ask(`GET ${definitionsPath}/${name}`)
    const { lastTransitionTime: _, ...condition } =
      json.status?.conditions?.find((each: { type: string }) => each.type === type) ?? {}
    return condition
  }

  return {
    ...api,
    custom,
    eventually,
    conditionOf,
    served,
    /** Creates a definition and waits until it is established, and served. */
    async install(body: object): Promise<void> {
      const created = await served(() => api.ask(`POST ${definitionsPath}`, { body }))
      assert.equal(created.status, 201, created.text)
      const { name } = created.json.metadata
      await eventually(async () => {
        const { status } = await conditionOf(name, 'Established')
        return status === 'True' || undefined
      })
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await custom.ended
      await api[Symbol.asyncDispose]()
    },
  }
}
