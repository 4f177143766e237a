// What is said of Pods, of templates of Pods, and of the kinds that make Pods from one. In: the
// object and what it was. Out: sentences.

import type { DraftOf } from '../draft.ts'
import { all } from '../field-error.ts'
import type {
  CronJob,
  DaemonSet,
  Job,
  ObjectMeta,
  Pod,
  PodTemplate,
  PodTemplateSpec,
  StatefulSet,
} from '../types.gen.ts'
import { each, when } from '../validation/checks.ts'
import { child } from '../validation/field-path.ts'
import { dnsLabelProblems } from '../validation/names.ts'
import { claimSpecWarnings } from './claims.ts'
import { podSpecWarnings } from './pod-spec.ts'

type Meta = DraftOf<ObjectMeta> | undefined
type Template = DraftOf<PodTemplateSpec> | undefined

/** Any kind with spec.template. */
interface Templated {
  metadata?: Meta
  spec?: { template?: Template } | undefined
}

export function podWarnings(pod: DraftOf<Pod>, previous: DraftOf<Pod> | undefined): string[] {
  if (previous) return []
  return [...nameWarnings(pod.metadata, "the Pod's hostname"), ...templateWarnings(pod, '')]
}

export function podTemplateWarnings(
  { metadata, template }: DraftOf<PodTemplate>,
  previous: DraftOf<PodTemplate> | undefined,
): string[] {
  return isChanged(metadata, previous) ? templateWarnings(template, 'template') : []
}

/** Deployments, ReplicaSets, ReplicationControllers: the name becomes a part of the Pods' names. */
export function replicatedWarnings(next: Templated, previous: Templated | undefined): string[] {
  const ofName = previous ? [] : nameWarnings(next.metadata, podNames)
  return [...ofName, ...ownTemplateWarnings(next, previous)]
}

export function daemonSetWarnings(
  next: DraftOf<DaemonSet>,
  previous: DraftOf<DaemonSet> | undefined,
): string[] {
  const isSame = previous && countOf(next.metadata) === countOf(previous.metadata)
  return isSame ? [] : templateWarnings(next.spec?.template, 'spec.template')
}

/** How often the template of a DaemonSet changed. */
function countOf(metadata: Meta): string | undefined {
  return metadata?.annotations?.['deprecated.daemonset.template.generation']
}

/** Upstream's paths of the claims differ between create and update. */
export function statefulSetWarnings(
  next: DraftOf<StatefulSet>,
  previous: DraftOf<StatefulSet> | undefined,
): string[] {
  const { volumeClaimTemplates, revisionHistoryLimit = 0 } = next.spec ?? {}
  return all(
    ownTemplateWarnings(next, previous),
    each(volumeClaimTemplates, 'spec.volumeClaimTemplates', ({ spec }, path) =>
      claimSpecWarnings(spec, previous ? child(path, 'Spec') : path),
    ),
    when(
      revisionHistoryLimit < 0,
      'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
    ),
  )
}

export function jobWarnings(next: DraftOf<Job>, previous: DraftOf<Job> | undefined): string[] {
  const ofName = previous ? [] : nameWarnings(next.metadata, podNames)
  const ofSpec = isChanged(next.metadata, previous) ? jobSpecWarnings(next.spec, 'spec') : []
  return [...ofName, ...ofSpec]
}

export function cronJobWarnings(
  next: DraftOf<CronJob>,
  previous: DraftOf<CronJob> | undefined,
): string[] {
  const { jobTemplate, schedule = '' } = next.spec ?? {}
  const ofName = previous ? [] : nameWarnings(next.metadata, podNames)
  const ofSpec = isChanged(next.metadata, previous)
    ? jobSpecWarnings(jobTemplate?.spec, 'spec.jobTemplate.spec')
    : []
  const zone =
    'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details'
  return all(ofName, ofSpec, when(schedule.includes('TZ'), zone))
}

const podNames = 'Pod names and hostnames'
/** Beyond both, the indexes that failed may no longer fit into a status. */
const most = { completions: 100_000, parallelism: 10_000 }

function jobSpecWarnings(spec: DraftOf<Job>['spec'], path: string): string[] {
  const { completionMode, completions = 0, parallelism = 0, template } = spec ?? {}
  const isIndexed = completionMode === 'Indexed'
  const isHuge = completions > most.completions && parallelism > most.parallelism
  const said =
    'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail'
  return all(
    when(isIndexed && isHuge, `${path}: ${said}`),
    templateWarnings(template, child(path, 'template')),
  )
}

function ownTemplateWarnings(next: Templated, previous: Templated | undefined): string[] {
  if (!isChanged(next.metadata, previous)) return []
  return templateWarnings(next.spec?.template, 'spec.template')
}

function templateWarnings(template: Template, path: string): string[] {
  if (!template) return []
  const { spec = {}, metadata } = template
  return podSpecWarnings({ spec, annotations: metadata?.annotations ?? {}, path })
}

/** What was written before was warned of then. */
function isChanged(metadata: Meta, previous: { metadata?: Meta } | undefined): boolean {
  return !previous || metadata?.generation !== previous.metadata?.generation
}

function nameWarnings(metadata: Meta, use: string): string[] {
  const problems = dnsLabelProblems(metadata?.name ?? '')
  const how = 'which can result in surprising behavior; a DNS label is recommended'
  return when(
    problems.length > 0,
    `metadata.name: this is used in ${use}, ${how}: [${problems.join(' ')}]`,
  )
}
