// Whether an image is pulled, by policy, and what the user is told. Pure.

import type { Container } from '../../api/types.gen.ts'

export type PullDecision = 'use' | 'pull' | 'refuse'

export function pullDecision(
  policy: Container['imagePullPolicy'],
  isPresent: boolean,
): PullDecision {
  if (policy === 'Always') return 'pull'
  if (isPresent) return 'use'
  return policy === 'Never' ? 'refuse' : 'pull'
}

/** Always for :latest and for no tag at all, as the API defaults it. */
export function defaultPolicy(image: string): NonNullable<Container['imagePullPolicy']> {
  if (image.includes('@')) return 'IfNotPresent'
  const tag = /:([^/:]+)$/.exec(image)?.[1] ?? 'latest'
  return tag === 'latest' ? 'Always' : 'IfNotPresent'
}

/** A reference the runtime can be asked for; upstream's reason otherwise is InvalidImageName. */
export function isValidReference(image: string): boolean {
  return reference.test(image)
}

/** [host[:port]/]path[:tag][@algorithm:digest], as distribution's reference grammar has it. */
const host = '[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?'
const step = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const tag = '\\w[\\w.-]{0,127}'
const digest = '[A-Za-z][A-Za-z0-9]*(?:[+._-][A-Za-z0-9]+)*:[0-9a-fA-F]{32,}'
const reference = new RegExp(`^(?:${host}/)?${step}(?:/${step})*(?::${tag})?(?:@${digest})?$`)

/** A time span as Go prints it: 153ms, 2.5s, 1m3s. */
export function spanText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`
  const seconds = Math.round(ms) / 1000
  if (seconds < 60) return `${seconds}s`
  return `${Math.floor(seconds / 60)}m${Number((seconds % 60).toFixed(3))}s`
}
