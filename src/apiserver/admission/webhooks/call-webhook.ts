// One call of an admission webhook: an AdmissionReview, and the answer read.

import { isDraft } from '../../../api/draft.ts'
import type { WebhookClientConfig } from '../../../api/types.gen.ts'
import type { ClusterView } from '../../registry/cluster-view.ts'
import { createReviewPoster, PostFailure } from '../../review-client.ts'
import { CallFailure, type DenialStatus } from './webhook-error.ts'

/** Larger answers are cut off: an AdmissionReview holds one object's patch. */
const mostAnswerBytes = 8 << 20

export interface WebhookAnswer {
  readonly allowed: boolean
  readonly status: DenialStatus
  /** The JSON text of a JSON patch. */
  readonly patch: Uint8Array | undefined
  readonly warnings: readonly string[]
  readonly auditAnnotations: Readonly<Record<string, string>>
}

export interface WebhookCall {
  readonly clientConfig: WebhookClientConfig
  readonly timeoutSeconds: number
  readonly review: { readonly request: { readonly uid: string } }
}

export type CallWebhook = (call: WebhookCall, cluster: ClusterView) => Promise<WebhookAnswer>

/** Throws CallFailure. */
export function createWebhookCaller(): CallWebhook {
  const post = createReviewPoster({ userAgent: 'kube-apiserver-admission', mostAnswerBytes })
  return async ({ clientConfig, timeoutSeconds, review }, cluster) => {
    const posted = { clientConfig, timeoutSeconds, body: JSON.stringify(review) }
    const answer = await post(posted, cluster).catch((error) => {
      if (!(error instanceof PostFailure)) throw error
      throw new CallFailure(`${error.isSent ? 'failed to call webhook: ' : ''}${error.message}`)
    })
    return readAnswer(answer, review.request.uid)
  }
}

function readAnswer(text: string, uid: string): WebhookAnswer {
  const review = parsed(text)
  const response = isDraft(review) ? review['response'] : undefined
  if (!isDraft(review) || review['kind'] !== 'AdmissionReview') {
    throw new CallFailure(
      `received invalid webhook response: expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview`,
    )
  }
  if (!isDraft(response))
    throw new CallFailure('received invalid webhook response: webhook response was absent')
  if (response['uid'] !== uid) {
    throw new CallFailure(
      `received invalid webhook response: expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response['uid'] ?? '')}`,
    )
  }
  return {
    allowed: response['allowed'] === true,
    status: isDraft(response['status']) ? response['status'] : {},
    patch: patchOf(response),
    warnings: textList(response['warnings']),
    auditAnnotations: textMap(response['auditAnnotations']),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CallFailure(
      "failed to call webhook: couldn't get version/kind; json parse error: invalid JSON",
    )
  }
}

function patchOf(response: Readonly<Record<string, unknown>>): Uint8Array | undefined {
  const { patch, patchType } = response
  if (typeof patch !== 'string' || patch === '') return undefined
  const wrong = 'received invalid webhook response: webhook returned response.patch but '
  if (patchType === undefined) throw new CallFailure(`${wrong}not response.patchType`)
  if (patchType !== 'JSONPatch') {
    throw new CallFailure(
      `received invalid webhook response: invalid webhook patchType ${JSON.stringify(patchType)}`,
    )
  }
  return Buffer.from(patch, 'base64')
}

const isText = (value: unknown): value is string => typeof value === 'string'

function textList(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(isText) : []
}

function textMap(value: unknown): Record<string, string> {
  if (!isDraft(value)) return {}
  const entries = Object.entries(value).flatMap(([key, text]) =>
    isText(text) ? [[key, text]] : [],
  )
  return Object.fromEntries(entries)
}
