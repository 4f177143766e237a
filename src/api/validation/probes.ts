// Probes and lifecycle handlers: one way to ask or act each, with what it needs.

import type { DraftOf } from '../draft.ts'
import { all, type FieldError, forbidden, invalid, required } from '../field-error.ts'
import type { HTTPGetAction, LifecycleHandler, Probe } from '../types.gen.ts'
import { choiceErrors, formErrors, portErrors } from './checks.ts'
import { child } from './field-path.ts'
import { nonNegativeErrors } from './metadata.ts'
import { httpHeaderNameProblems } from './names.ts'

type Handler = DraftOf<LifecycleHandler> & Pick<DraftOf<Probe>, 'grpc'>

/** `gracePeriod` bounds a sleep before the end. */
export function handlerErrors(
  handler: Handler,
  path: string,
  gracePeriod: number | undefined,
): FieldError[] {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler
  const [first, ...more] = Object.entries({ exec, httpGet, tcpSocket, grpc, sleep }).filter(
    ([, value]) => value !== undefined,
  )
  if (!first) return [required(path, 'must specify a handler type')]
  return all(
    firstHandlerErrors(handler, path, { name: first[0], gracePeriod }),
    more.map(([name]) => forbidden(child(path, name), 'may not specify more than 1 handler type')),
  )
}

interface Chosen {
  readonly name: string
  readonly gracePeriod: number | undefined
}

function firstHandlerErrors(handler: Handler, path: string, chosen: Chosen): FieldError[] {
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler
  const place = child(path, chosen.name)
  switch (chosen.name) {
    case 'exec':
      return !exec?.command?.length ? [required(child(place, 'command'))] : []
    case 'httpGet':
      return httpGetErrors(httpGet ?? {}, place)
    case 'tcpSocket':
      return portErrors(tcpSocket?.port, child(place, 'port'))
    case 'grpc':
      return portErrors(grpc?.port, child(place, 'port'))
    default:
      return sleepErrors(sleep?.seconds ?? 0, place, chosen.gracePeriod)
  }
}

function httpGetErrors(action: DraftOf<HTTPGetAction>, path: string): FieldError[] {
  return all(
    !action.path ? [required(child(path, 'path'))] : [],
    portErrors(action.port, child(path, 'port')),
    choiceErrors(action.scheme, child(path, 'scheme'), ['HTTP', 'HTTPS']),
    (action.httpHeaders ?? []).flatMap(({ name = '' }) =>
      formErrors(name, child(path, 'httpHeaders'), httpHeaderNameProblems),
    ),
  )
}

function sleepErrors(seconds: number, path: string, gracePeriod: number | undefined): FieldError[] {
  if (gracePeriod === undefined || (seconds >= 0 && seconds <= gracePeriod)) return []
  const detail = `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`
  return [invalid(path, seconds, detail)]
}

const counts = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const

export type ProbeKind = 'livenessProbe' | 'readinessProbe' | 'startupProbe'

export function probeErrors(
  probe: DraftOf<Probe> | undefined,
  path: string,
  { kind, gracePeriod }: { readonly kind: ProbeKind; readonly gracePeriod: number | undefined },
): FieldError[] {
  if (!probe) return []
  const { terminationGracePeriodSeconds: grace, successThreshold } = probe
  const graceField = child(path, 'terminationGracePeriodSeconds')
  const isReadiness = kind === 'readinessProbe'
  return all(
    handlerErrors(probe, path, gracePeriod),
    counts.flatMap((name) => nonNegativeErrors(probe[name] ?? 0, child(path, name))),
    grace !== undefined && grace <= 0 ? [invalid(graceField, grace, 'must be greater than 0')] : [],
    isReadiness && grace !== undefined
      ? [invalid(graceField, grace, 'must not be set for readinessProbes')]
      : [],
    !isReadiness && successThreshold !== 1
      ? [invalid(child(path, 'successThreshold'), successThreshold ?? 0, 'must be 1')]
      : [],
  )
}
