// PodSecurity: Pods as their namespace allows them. Refuses Pods beyond the enforced level, warns of
// Pods and of workloads' templates beyond the level to warn about, checks the labels of namespaces.

import { asDraft, type DraftOf, draftAs } from '../../../api/draft.ts'
import { toInvalid } from '../../../api/field-error.ts'
import { StatusError } from '../../../api/status-error.ts'
import type { Container, Namespace, Pod } from '../../../api/types.gen.ts'
import type { AdmissionSupport } from '../admission.ts'
import { type AdmissionPlugin, type AdmissionRequest, podOf, refusal } from '../admission.ts'
import { type CheckedPod, containersOf } from './check.ts'
import { existingViolations } from './existing-pods.ts'
import {
  isSameLevel,
  labelPrefix,
  levelText,
  type PodSecurityPolicy,
  policyOf,
  strictness,
} from './policy.ts'
import { detailsOf, violations } from './standards.ts'
import { templateOf, templateResources } from './template.ts'

/** Subresources that say nothing of what a Pod may. */
const ignoredSubresources = new Set([
  ...['attach', 'binding', 'eviction', 'exec', 'log', 'portforward', 'proxy', 'status'],
])

export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  handles: ({ operation, resource: { entry }, subresource }) => {
    if (operation !== 'CREATE' && operation !== 'UPDATE') return false
    const key = `${entry.group}/${entry.plural}`
    if (key === '/pods') return !ignoredSubresources.has(subresource)
    return subresource === '' && (key === '/namespaces' || templateResources.has(key))
  },
  async validate(request, support) {
    const { plural } = request.resource.entry
    if (plural === 'namespaces') return checkNamespace(request, support)
    if (plural === 'pods') return checkPod(request, support)
    return checkTemplate(request, support)
  },
}

async function checkNamespace(request: AdmissionRequest, support: AdmissionSupport): Promise<void> {
  const { object, old, resource, name } = request
  const next = policyOf(draftAs<Namespace>(object ?? {}).metadata?.labels)
  const previous = old && policyOf(old.metadata.labels)
  const isOldMistake =
    previous !== undefined && JSON.stringify(previous.errors) === JSON.stringify(next.errors)
  if (next.errors.length > 0 && !isOldMistake) throw toInvalid(resource.entry, name, next.errors)
  if (!previous) return
  const { enforce } = next.policy
  const before = previous.policy.enforce
  const isRelaxed =
    enforce.version === before.version && strictness(enforce.level) <= strictness(before.level)
  if (isSameLevel(enforce, before) || enforce.level === 'privileged' || isRelaxed) return
  const pods = await support.cluster.list('Pod', name)
  request.warnings.push(...existingViolations(name, enforce, pods))
}

async function policyFor({ namespace }: AdmissionRequest, { cluster }: AdmissionSupport) {
  const found = await cluster.get('Namespace', { name: namespace })
  if (!found) {
    throw new StatusError(
      'InternalError',
      `Internal error occurred: failed to lookup namespace ${JSON.stringify(namespace)}`,
    )
  }
  return policyOf(found.metadata.labels)
}

function isFree({ enforce, audit, warn }: PodSecurityPolicy): boolean {
  return [enforce, audit, warn].every(({ level }) => level === 'privileged')
}

async function checkPod(request: AdmissionRequest, support: AdmissionSupport): Promise<void> {
  const { policy, errors } = await policyFor(request, support)
  annotate(request, 'enforce-policy', levelText(policy.enforce))
  if (errors.length === 0 && isFree(policy)) return
  const pod = podOf(request)
  if (request.old && !isSignificant(pod, draftAs<Pod>(asDraft(request.old)))) return
  const checked = { metadata: pod.metadata ?? {}, spec: pod.spec ?? {} }
  audit(request, policy, checked)
  const found = violations(policy.enforce, checked)
  if (found.length > 0) {
    const level = JSON.stringify(levelText(policy.enforce))
    throw refusal(request, `violates PodSecurity ${level}: ${detailsOf(found)}`)
  }
  warn(request, policy, checked)
}

async function checkTemplate(request: AdmissionRequest, support: AdmissionSupport): Promise<void> {
  const { policy, errors } = await policyFor(request, support)
  const isSilent = policy.warn.level === 'privileged' && policy.audit.level === 'privileged'
  if (errors.length === 0 && isSilent) return
  const template = templateOf(request.resource.entry, request.object ?? {})
  if (!template) return
  audit(request, policy, template)
  warn(request, policy, template)
}

function annotate(request: AdmissionRequest, key: string, value: string): void {
  request.annotate?.(labelPrefix + key, value)
}

function audit(request: AdmissionRequest, policy: PodSecurityPolicy, pod: CheckedPod): void {
  const found = violations(policy.audit, pod)
  if (found.length === 0) return
  const level = JSON.stringify(levelText(policy.audit))
  annotate(request, 'audit-violations', `would violate PodSecurity ${level}: ${detailsOf(found)}`)
}

function warn(request: AdmissionRequest, policy: PodSecurityPolicy, pod: CheckedPod): void {
  const found = violations(policy.warn, pod)
  if (found.length === 0) return
  const level = JSON.stringify(levelText(policy.warn))
  request.warnings.push(`would violate PodSecurity ${level}: ${detailsOf(found)}`)
}

type Containers = readonly DraftOf<Container>[]

/** Of what may change in a Pod, images and new ephemeral containers count. */
function isSignificant({ spec: next = {} }: DraftOf<Pod>, { spec: old = {} }: DraftOf<Pod>) {
  const differs = (a: Containers = [], b: Containers = []) =>
    a.length !== b.length || a.some(({ image }, index) => image !== b[index]?.image)
  if (differs(next.containers, old.containers)) return true
  if (differs(next.initContainers, old.initContainers)) return true
  const before = new Map(
    containersOf({ ephemeralContainers: old.ephemeralContainers }).map(({ name, image }) => [
      name,
      image,
    ]),
  )
  return containersOf({ ephemeralContainers: next.ephemeralContainers }).some(
    ({ name, image }) => !before.has(name) || before.get(name) !== image,
  )
}
