// Stored values from one version of a custom resource to another, by the definition's webhook.
// In: values as they are kept. Out: values in the version that was asked for; those that are in it
// already stay the very same bytes. Few reviews hold many objects.

import { asDraft, type Draft } from '../../api/draft.ts'
import { StatusError } from '../../api/status-error.ts'
import type { CustomResourceDefinition, WebhookConversion } from '../../api/types.gen.ts'
import type { Random } from '../../lib/random.ts'
import { settled } from '../registry/api-object.ts'
import { encodeStored, layoutOf, textOf } from '../registry/stored-bytes.ts'
import { PostFailure, type PostReview, type Services } from '../review-client.ts'
import {
  ConversionFailure,
  convertedObjects,
  reviewText,
  reviewVersion,
} from './conversion-review.ts'

/** Throws StatusError. */
export type ConvertValues = (
  values: readonly Uint8Array[],
  apiVersion: string,
) => Promise<readonly Uint8Array[]>

export interface WebhookConverterOptions {
  readonly post: PostReview
  readonly services: Services
  readonly random: Random
}

/** Upstream waits as long. */
const timeoutSeconds = 30
/** Objects of one review, by number and by bytes. */
const mostObjects = 500
const mostBytes = 4 << 20

export function webhookConverter(
  { spec }: CustomResourceDefinition,
  options: WebhookConverterOptions,
): ConvertValues {
  const { kind } = spec.names
  const { webhook } = spec.conversion ?? {}
  const versions = new Set(spec.versions.map(({ name }) => `${spec.group}/${name}`))
  return async (values, apiVersion) => {
    const head = layoutOf({ kind, apiVersion }).head
    const wanting = values.filter((value) => !startsWith(value, head))
    if (wanting.length === 0) return values
    const made = new Map<Uint8Array, Uint8Array>()
    for (const batch of batchesOf(wanting)) {
      const originals = batch.map((value) => asDraft(JSON.parse(textOf(value))))
      for (const original of originals) assertVersion(original, versions)
      const asked: Asked = { batch, originals, apiVersion, kind }
      const objects = await ask(webhook, asked, options)
      for (const [index, value] of batch.entries()) {
        const object = objects[index]
        if (object) made.set(value, encodeStored(layoutOf({ kind, apiVersion }), settled(object)))
      }
    }
    return values.map((value) => made.get(value) ?? value)
  }
}

function startsWith(value: Uint8Array, head: Buffer): boolean {
  return value.length >= head.length && head.equals(value.subarray(0, head.length))
}

function assertVersion({ apiVersion }: Draft, versions: ReadonlySet<string>): void {
  if (versions.has(String(apiVersion))) return
  const why = `request to convert CR from an invalid group/version: ${apiVersion}`
  throw new StatusError('Unknown', why)
}

function* batchesOf(values: readonly Uint8Array[]): Generator<Uint8Array[]> {
  let batch: Uint8Array[] = []
  let bytes = 0
  for (const value of values) {
    const isFull = batch.length >= mostObjects || bytes + value.length > mostBytes
    if (batch.length > 0 && isFull) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(value)
    bytes += value.length
  }
  yield batch
}

interface Asked {
  readonly batch: readonly Uint8Array[]
  readonly originals: readonly Draft[]
  readonly apiVersion: string
  readonly kind: string
}

async function ask(
  webhook: WebhookConversion | undefined,
  { batch, originals, apiVersion, kind }: Asked,
  { post, services, random }: WebhookConverterOptions,
): Promise<Draft[]> {
  const uid = random.uuid()
  const version = reviewVersion(webhook?.conversionReviewVersions ?? [])
  if (!version || !webhook?.clientConfig) {
    throw new StatusError('Unknown', 'no supported conversion review versions')
  }
  const { clientConfig } = webhook
  const objects = batch.map(textOf)
  const body = reviewText(version, { uid, desiredApiVersion: apiVersion, objects })
  try {
    const answer = await post({ clientConfig, timeoutSeconds, body }, services)
    const expected = { uid, apiVersion: version, desiredApiVersion: apiVersion, originals }
    return convertedObjects(answer, expected)
  } catch (error) {
    const why =
      error instanceof ConversionFailure
        ? error.message
        : error instanceof PostFailure
          ? `failed: ${error.message}`
          : undefined
    if (why === undefined) throw error
    const from = `${originals[0]?.['apiVersion']}, Kind=${kind}`
    throw new StatusError('Unknown', `conversion webhook for ${from} ${why}`)
  }
}
