// What is wrong with a definition's conversion: its strategy, its webhook. Words: upstream's
// validation, which names the webhook's parts as its own form has them.

import { X509Certificate } from 'node:crypto'
import type { DraftOf } from '../draft.ts'
import { type FieldError, forbidden, invalid, required } from '../field-error.ts'
import type { ApiextensionsWebhookClientConfig, CustomResourceConversion } from '../types.gen.ts'
import { choiceErrors, when } from '../validation/checks.ts'
import { at, child } from '../validation/field-path.ts'
import { dns1035Problems } from '../validation/names.ts'
import { webhookServiceErrors, webhookUrlErrors } from '../validation/webhook-client.ts'

type Conversion = DraftOf<CustomResourceConversion>
type Client = DraftOf<ApiextensionsWebhookClientConfig>

const known = ['v1', 'v1beta1']
const path = 'spec.conversion'
const clientPath = child(path, 'webhookClientConfig')
const reviewPath = child(path, 'conversionReviewVersions')

export interface ConversionContext {
  readonly preservesUnknown: boolean
  /** Objects are served already: from then on the bundle has to be sound. */
  readonly needsSoundBundle: boolean
}

export function conversionErrors(
  conversion: Conversion | undefined,
  { preservesUnknown, needsSoundBundle }: ConversionContext,
): FieldError[] {
  if (!conversion) return []
  const { strategy, webhook = {} } = conversion
  const strategyPath = child(path, 'strategy')
  return [
    ...when(
      strategy !== 'None' && preservesUnknown,
      invalid(strategyPath, strategy, 'must be None if spec.preserveUnknownFields is true'),
    ),
    ...choiceErrors(strategy, strategyPath, ['None', 'Webhook']),
    ...(strategy === 'Webhook'
      ? [
          ...clientErrors(webhook.clientConfig, needsSoundBundle),
          ...reviewVersionErrors(webhook.conversionReviewVersions ?? []),
        ]
      : needlessErrors(webhook)),
  ]
}

function needlessErrors(webhook: NonNullable<Conversion['webhook']>): FieldError[] {
  const detail = 'should not be set when strategy is not set to Webhook'
  return [
    ...when(webhook.clientConfig, forbidden(clientPath, detail)),
    ...when(webhook.conversionReviewVersions?.length, forbidden(reviewPath, detail)),
  ]
}

function clientErrors(client: Client | undefined, needsSoundBundle: boolean): FieldError[] {
  if (!client) return [required(clientPath, 'required when strategy is set to Webhook')]
  const { url, service, caBundle } = client
  return [
    ...((url === undefined) === (service === undefined)
      ? [required(clientPath, 'exactly one of url or service is required')]
      : url !== undefined
        ? webhookUrlErrors(url, child(clientPath, 'url'))
        : webhookServiceErrors(service ?? {}, child(clientPath, 'service'))),
    ...(caBundle && needsSoundBundle ? bundleErrors(caBundle) : []),
  ]
}

function bundleErrors(caBundle: string): FieldError[] {
  if (isBundle(caBundle)) return []
  const detail = 'unable to load root certificates: unable to parse bytes as PEM block'
  return [invalid(child(clientPath, 'caBundle'), caBundle, detail)]
}

/** White space alone is as good as none. */
export function isBundle(caBundle: string): boolean {
  const text = Buffer.from(caBundle, 'base64').toString('latin1')
  if (text.trim() === '') return true
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  try {
    for (const block of blocks) new X509Certificate(block)
    return blocks.length > 0
  } catch {
    return false
  }
}

function reviewVersionErrors(versions: readonly string[]): FieldError[] {
  if (versions.length === 0) return [required(reviewPath)]
  return [
    ...versions.flatMap((version, index) => {
      const place = at(reviewPath, index)
      if (versions.indexOf(version) < index) return [invalid(place, version, 'duplicate version')]
      return dns1035Problems(version).map((problem) => invalid(place, version, problem))
    }),
    ...when(
      !versions.some((version) => known.includes(version)),
      invalid(reviewPath, versions, `must include at least one of ${known.join(', ')}`),
    ),
  ]
}
