// Keeps status.typeChecking of ValidatingAdmissionPolicies current: each generation is checked once.

import type { ValidatingAdmissionPolicy } from '../../../api/types.gen.ts'
import type { Log } from '../../../lib/log.ts'
import type { Following, Reader } from '../../reader.ts'
import { expressionWarnings, type KindTypes } from './type-check.ts'

export interface TypeCheckOptions {
  readonly reader: Reader
  readonly types: KindTypes
  readonly log: Log
  readonly signal: AbortSignal
}

/** Resolves when those that are there have been seen; what is written follows. */
export async function keepTypesChecked(options: TypeCheckOptions): Promise<Following> {
  const { reader, signal } = options
  let writing: Promise<void> = Promise.resolve()
  const following = await reader.follow(
    'ValidatingAdmissionPolicy',
    ({ current }) => {
      // One after the other; the queue is as long as there are policies that changed.
      if (current && isDue(current)) writing = writing.then(() => writeStatus(current, options))
    },
    signal,
  )
  return { ended: following.ended.then(() => writing) }
}

function isDue({ metadata, status }: ValidatingAdmissionPolicy): boolean {
  return (metadata.generation ?? 0) > (status?.observedGeneration ?? 0)
}

const manager = 'validatingadmissionpolicy-status'
const group = 'admissionregistration.k8s.io'

async function writeStatus(
  policy: ValidatingAdmissionPolicy,
  { reader, types, log, signal }: TypeCheckOptions,
): Promise<void> {
  if (signal.aborted) return
  const { name, generation } = policy.metadata
  const warnings = expressionWarnings(policy, types)
  const typeChecking = warnings.length > 0 ? { expressionWarnings: warnings } : {}
  const body = {
    ...{ apiVersion: `${group}/v1`, kind: policy.kind, metadata: { name } },
    status: { observedGeneration: generation, typeChecking },
  }
  const path = `/apis/${group}/v1/validatingadmissionpolicies/${name}/status`
  try {
    await reader.send({
      method: 'PATCH',
      path: `${path}?fieldManager=${manager}&force=true`,
      headers: { 'content-type': 'application/apply-patch+yaml' },
      body: JSON.stringify(body),
    })
  } catch (error) {
    // The next change of the policy is another chance.
    log.warn('type check of a policy not written', { policy: name, error })
  }
}
