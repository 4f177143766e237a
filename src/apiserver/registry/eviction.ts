// POST pods/NAME/eviction: a delete that asks the Pod's disruption budget first.

import { conformObject } from '../../api/decode.ts'
import { asDraft, copyOf, draftAs, isDraft } from '../../api/draft.ts'
import { labelSelectorMatches } from '../../api/selector/label.ts'
import { StatusError } from '../../api/status-error.ts'
import type { Eviction, Pod, PodDisruptionBudget } from '../../api/types.gen.ts'
import type { ServerAnswer } from '../request.ts'
import { admitObject, admittedAlready } from './admit.ts'
import { type Call, valueAnswer } from './answers.ts'
import type { ClusterView } from './cluster-view.ts'
import { assertPreconditions, deleteObject } from './delete.ts'
import { type DeleteOptions, deleteOptions } from './delete-options.ts'
import { badRequest, notFound } from './errors.ts'
import { planEviction } from './eviction-plan.ts'
import { bodyMediaType } from './negotiate.ts'
import { writeOptions } from './options.ts'
import type { Resource } from './resource.ts'
import { successStatus } from './success-status.ts'
import { changeObject } from './update.ts'
import { timeText, type Write, type WriteContext } from './write.ts'

const target = {
  group: 'policy',
  version: 'v1',
  kind: 'Eviction',
  def: 'io.k8s.api.policy.v1.Eviction',
}

export async function evict(
  context: WriteContext,
  call: Call,
  cluster: ClusterView,
  budgets: Resource,
): Promise<ServerAnswer> {
  const options = await admitEviction(context, call)
  const own = admittedAlready(context)
  const { namespace, name } = call
  const pod = await cluster.get('Pod', { namespace, name })
  if (!pod) throw notFound(call.resource.entry, name)
  if (options.uid === undefined || options.uid === pod.metadata.uid) {
    await askBudget(own, { call, pod, options, cluster, budgets })
  }
  const podCall = { ...call, subresource: '' }
  const marked = options.isDryRun ? options : await markDisrupted(own, podCall, options)
  await deleteObject(own, podCall, marked)
  return valueAnswer(call, 201, successStatus(201))
}

/** The Pod says why it goes; a precondition on its version goes on with the new version. */
async function markDisrupted(
  context: WriteContext,
  call: Call,
  options: DeleteOptions,
): Promise<DeleteOptions> {
  const now = timeText(context.clock.now())
  const marked = await changeObject(context, serverWrite(call), {
    mayCreate: false,
    isDirect: true,
    draftOf(old) {
      if (old) assertPreconditions(call, old, options)
      const draft = copyOf(asDraft(old ?? {}))
      const pod = draftAs<Pod>(draft)
      const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== disrupted.type)
      const conditions = [...others, { ...disrupted, lastTransitionTime: now }]
      pod.status = { ...pod.status, conditions }
      return draft
    },
  })
  if (options.resourceVersion === undefined) return options
  return {
    ...options,
    resourceVersion: marked.stored
      ? String(marked.stored.revision)
      : marked.object.metadata.resourceVersion,
  }
}

const disrupted = {
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'EvictionByEvictionAPI',
  message: 'Eviction API: evicting',
} as const

/** A write of the server's own: no options, nobody's managed fields. */
function serverWrite(call: Call): Write {
  return {
    call,
    options: { isDryRun: false, fieldManager: '', fieldValidation: 'Ignore', force: undefined },
  }
}

async function admitEviction(context: WriteContext, call: Call): Promise<DeleteOptions> {
  const { request, name } = call
  const asked = writeOptions(request.query, 'CreateOptions')
  const { isDryRun, fieldValidation } = asked
  const body = context.readValue(
    await request.body(),
    bodyMediaType(request, { hasProtobuf: true }),
  )
  // Clients of before 1.22 speak of the version that came before; its form is the same.
  if (body['apiVersion'] === 'policy/v1beta1') body['apiVersion'] = 'policy/v1'
  const { object: sent } = conformObject(target, body, fieldValidation)
  const object = { kind: target.kind, apiVersion: 'policy/v1', ...sent }
  await admitObject(context, { call, options: asked }, { operation: 'CREATE', object })
  const eviction = draftAs<Eviction>(object)
  if (eviction.metadata?.name && eviction.metadata.name !== name) {
    throw badRequest('name in URL does not match name in Eviction object')
  }
  const deletion = asDraft(object)['deleteOptions']
  const options = deleteOptions(isDraft(deletion) ? deletion : {}, new URLSearchParams())
  return { ...options, isDryRun: isDryRun || options.isDryRun }
}

interface Asking {
  readonly call: Call
  readonly pod: Pod
  readonly options: DeleteOptions
  readonly cluster: ClusterView
  readonly budgets: Resource
}

/** Takes one disruption from the Pod's budget; throws TooManyRequests when there is none left. */
async function askBudget(context: WriteContext, asking: Asking): Promise<void> {
  const { call, pod, options, cluster } = asking
  if (needsNoBudget(pod)) return
  const matching = (await cluster.list('PodDisruptionBudget', call.namespace)).filter((budget) =>
    labelSelectorMatches(budget.spec?.selector, pod.metadata.labels),
  )
  if (matching.length > 1) {
    throw new StatusError(
      'InternalError',
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    )
  }
  const [budget] = matching
  if (!budget || options.isDryRun) return
  await takeDisruption(context, asking, budget)
}

/** Pods that serve nobody: not yet started, done, or already on their way out. */
function needsNoBudget({ metadata, status }: Pod): boolean {
  const phase = status?.phase
  return (
    phase === 'Succeeded' ||
    phase === 'Failed' ||
    phase === 'Pending' ||
    metadata.deletionTimestamp !== undefined
  )
}

async function takeDisruption(
  context: WriteContext,
  { call, pod, budgets }: Asking,
  budget: PodDisruptionBudget,
): Promise<void> {
  const { name } = budget.metadata
  const write = serverWrite({ ...call, resource: budgets, name, subresource: 'status' })
  await changeObject(context, write, {
    mayCreate: false,
    isDirect: true,
    draftOf(old) {
      const draft = copyOf(asDraft(old ?? {}))
      const current = draftAs<PodDisruptionBudget>(draft)
      const plan = planEviction(current, pod)
      if (plan instanceof StatusError) throw plan
      if (plan === 'free') return draft
      const disruptedPods = {
        ...current.status?.disruptedPods,
        [pod.metadata.name]: timeText(context.clock.now()),
      }
      current.status = {
        ...current.status,
        disruptionsAllowed: (current.status?.disruptionsAllowed ?? 0) - 1,
        disruptedPods,
      }
      return draft
    },
  })
}
