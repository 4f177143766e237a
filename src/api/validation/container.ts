// Containers of Pods and templates: regular, init (with sidecars) and ephemeral.

import type { DraftOf } from '../draft.ts'
import {
  all,
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notFound,
  required,
} from '../field-error.ts'
import type { Container, ContainerPort, EphemeralContainer, PodSpec } from '../types.gen.ts'
import {
  choiceErrors,
  dnsLabelErrors,
  each,
  formErrors,
  optionErrors,
  portNumberErrors,
  repeatedOf,
} from './checks.ts'
import { envErrors, envFromErrors } from './env.ts'
import { at, child } from './field-path.ts'
import { mountErrors } from './mounts.ts'
import { portNameProblems } from './names.ts'
import { handlerErrors, probeErrors } from './probes.ts'
import { requirementsErrors } from './resources.ts'
import { containerSecurityErrors } from './security-context.ts'
import { type Volumes, volumesByName } from './volumes.ts'

type Spec = DraftOf<PodSpec>
type Any = DraftOf<Container>
type Ephemeral = DraftOf<EphemeralContainer>

interface Context {
  readonly spec: Spec
  readonly volumes: Volumes
  readonly claimNames: readonly string[]
}

export function containersErrors(spec: Spec, path: string): FieldError[] {
  const claimNames = (spec.resourceClaims ?? []).flatMap(({ name }) => name || [])
  const context = { spec, volumes: volumesByName(spec.volumes), claimNames }
  return all(
    regularErrors(context, child(path, 'containers')),
    initErrors(context, child(path, 'initContainers')),
    ephemeralErrors(context, child(path, 'ephemeralContainers')),
  )
}

function regularErrors(context: Context, path: string): FieldError[] {
  const { containers } = context.spec
  if (!containers?.length) return [required(path)]
  const seen = new Set<string | undefined>()
  return all(
    each(containers, path, (container, place) => {
      const isRepeated = seen.has(container.name)
      seen.add(container.name)
      return all(
        anyErrors(container, place, context),
        isRepeated ? [duplicate(child(place, 'name'), container.name)] : [],
        lifeErrors(container, place, context.spec),
      )
    }),
    hostPortConflicts(containers, path),
  )
}

function lifeErrors(container: Any, path: string, spec: Spec): FieldError[] {
  const gracePeriod = spec.terminationGracePeriodSeconds
  const { postStart, preStop } = container.lifecycle ?? {}
  return all(
    postStart ? handlerErrors(postStart, child(path, 'lifecycle', 'postStart'), gracePeriod) : [],
    preStop ? handlerErrors(preStop, child(path, 'lifecycle', 'preStop'), gracePeriod) : [],
    probeKinds.flatMap((kind) =>
      probeErrors(container[kind], child(path, kind), { kind, gracePeriod }),
    ),
  )
}

const probeKinds = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const
const lifeFields = ['lifecycle', ...probeKinds] as const

function initErrors(context: Context, path: string): FieldError[] {
  const seen = new Set<string | undefined>(context.spec.containers?.map(({ name }) => name))
  return each(context.spec.initContainers, path, (container, place) => {
    const isRepeated = container.name !== undefined && seen.has(container.name)
    seen.add(container.name)
    return all(
      anyErrors(container, place, context),
      isRepeated ? [duplicate(child(place, 'name'), container.name)] : [],
      hostPortConflicts([container], path),
      container.restartPolicy === 'Always'
        ? lifeErrors(container, place, context.spec)
        : plainInitErrors(container, place),
    )
  })
}

function plainInitErrors(container: Any, path: string): FieldError[] {
  const detail = 'may not be set for init containers without restartPolicy=Always'
  return lifeFields
    .filter((field) => container[field] !== undefined)
    .map((field) => forbidden(child(path, field), detail))
}

/** What no ephemeral container may have. */
const notEphemeral = [
  'ports',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
] as const

function ephemeralErrors(context: Context, path: string): FieldError[] {
  const { containers, initContainers, ephemeralContainers } = context.spec
  const others = new Set([...(containers ?? []), ...(initContainers ?? [])].map(({ name }) => name))
  const seen = new Set(others)
  return each(ephemeralContainers, path, (container, place) => {
    const isRepeated = seen.has(container.name)
    seen.add(container.name)
    const target = container.targetContainerName
    return all(
      anyErrors(container, place, context),
      whitespaceErrors(container, place),
      isRepeated ? [duplicate(child(place, 'name'), container.name)] : [],
      target && !others.has(target) ? [notFound(child(place, 'targetContainerName'), target)] : [],
      onlyEphemeralErrors(container, place),
    )
  })
}

function onlyEphemeralErrors(container: Ephemeral, path: string): FieldError[] {
  const detail = 'cannot be set for an Ephemeral Container'
  const hasResources = Object.keys(container.resources ?? {}).length > 0
  return all(
    notEphemeral
      .filter((field) => container[field] !== undefined)
      .map((field) => forbidden(child(path, field), detail)),
    hasResources ? [forbidden(child(path, 'resources'), detail)] : [],
    each(container.volumeMounts, child(path, 'volumeMounts'), (mount, place) =>
      all(
        mount.subPath ? [forbidden(child(place, 'subPath'), detail)] : [],
        mount.subPathExpr ? [forbidden(child(place, 'subPathExpr'), detail)] : [],
      ),
    ),
  )
}

/** In Pods themselves an image's name has no white space around it. */
export function whitespaceErrors(container: Any | Ephemeral, path: string): FieldError[] {
  const { image = '' } = container
  const detail = 'must not have leading or trailing whitespace'
  return image.trim() !== image ? [invalid(child(path, 'image'), image, detail)] : []
}

/** What holds for every container. */
function anyErrors(container: Any | Ephemeral, path: string, context: Context): FieldError[] {
  const { spec, volumes, claimNames } = context
  const { name, image } = container
  const policies = ['Always', 'IfNotPresent', 'Never']
  return all(
    name ? dnsLabelErrors(name, child(path, 'name')) : [required(child(path, 'name'))],
    !image ? [required(child(path, 'image'))] : [],
    choiceErrors(container.terminationMessagePolicy, child(path, 'terminationMessagePolicy'), [
      'File',
      'FallbackToLogsOnError',
    ]),
    portsErrors(container.ports, child(path, 'ports')),
    envErrors(container.env, child(path, 'env')),
    envFromErrors(container.envFrom, child(path, 'envFrom')),
    mountErrors(container, path, volumes),
    choiceErrors(container.imagePullPolicy, child(path, 'imagePullPolicy'), policies),
    requirementsErrors(container.resources, child(path, 'resources'), { claimNames }),
    resizePolicyErrors(container, child(path, 'resizePolicy'), spec),
    restartPolicyErrors(container, child(path, 'restartPolicy')),
    containerSecurityErrors(
      container.securityContext,
      child(path, 'securityContext'),
      spec.hostUsers !== false,
    ),
  )
}

const restartPolicies = ['Always', 'Never', 'OnFailure']

function restartPolicyErrors({ restartPolicy }: Any | Ephemeral, path: string): FieldError[] {
  return optionErrors(restartPolicy, path, restartPolicies)
}

function resizePolicyErrors(
  { resizePolicy }: Any | Ephemeral,
  path: string,
  spec: Spec,
): FieldError[] {
  const repeated = repeatedOf(resizePolicy ?? [], ({ resourceName }) => resourceName)
  return all(
    repeated.map(({ element, index }) => duplicate(at(path, index), element.resourceName)),
    (resizePolicy ?? []).flatMap(({ resourceName, restartPolicy }) =>
      all(
        choiceErrors(resourceName, path, ['cpu', 'memory']),
        choiceErrors(restartPolicy, path, ['NotRequired', 'RestartContainer']),
        spec.restartPolicy === 'Never' && restartPolicy !== 'NotRequired'
          ? [invalid(path, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'")]
          : [],
      ),
    ),
  )
}

type Ports = readonly DraftOf<ContainerPort>[]

function portsErrors(ports: Ports | undefined, path: string): FieldError[] {
  const repeated = repeatedOf(ports ?? [], ({ name }) =>
    name && portNameProblems(name).length === 0 ? name : undefined,
  )
  return all(
    each(ports, path, ({ name, containerPort, hostPort, protocol }, place) =>
      all(
        name ? formErrors(name, child(place, 'name'), portNameProblems) : [],
        containerPort
          ? portNumberErrors(containerPort, child(place, 'containerPort'))
          : [required(child(place, 'containerPort'))],
        hostPort ? portNumberErrors(hostPort, child(place, 'hostPort')) : [],
        choiceErrors(protocol, child(place, 'protocol'), ['SCTP', 'TCP', 'UDP']),
      ),
    ),
    repeated.map(({ element, index }) => duplicate(child(at(path, index), 'name'), element.name)),
  )
}

function hostPortConflicts(containers: readonly Any[], path: string): FieldError[] {
  const seen = new Set<string>()
  return each(containers, path, ({ ports }, place) =>
    each(ports, child(place, 'ports'), ({ protocol, hostIP = '', hostPort }, portPlace) => {
      if (!hostPort) return []
      const key = `${protocol}/${hostIP}/${hostPort}`
      const isTaken = seen.has(key)
      seen.add(key)
      return isTaken ? [duplicate(child(portPlace, 'hostPort'), key)] : []
    }),
  )
}
