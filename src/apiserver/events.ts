// Events about what the API server itself found wrong: written as any client would, and never in
// the way of what they tell of.

import type { KubeObject } from '../api/meta.ts'
import type { Event, EventsEvent, ObjectReference } from '../api/types.gen.ts'
import type { Clock } from '../lib/clock.ts'
import type { Reader } from './reader.ts'

export interface ServerEvent {
  readonly regarding: KubeObject
  readonly reason: string
  readonly message: string
  /** What was tried; with it the event is one of events.k8s.io. */
  readonly action?: string
}

export interface ServerEvents {
  /** Always a warning. Resolves when it is written, or cannot be. */
  warn(event: ServerEvent): Promise<void>
}

/** `component` is upstream's name of the part that tells. */
export function serverEvents(
  api: Pick<Reader, 'send'>,
  component: string,
  clock: Clock,
): ServerEvents {
  let count = 0
  return {
    async warn(event) {
      const { namespace = 'default', name } = event.regarding.metadata
      const suffix = (clock.now().getTime() * 1_000_000 + count++).toString(16)
      const metadata = { name: `${name}.${suffix}`, namespace }
      const object = event.action
        ? newForm(event, { metadata, component, now: clock.now(), action: event.action })
        : oldForm(event, { metadata, component, now: clock.now() })
      const group = event.action ? 'apis/events.k8s.io/v1' : 'api/v1'
      await api
        .send({
          method: 'POST',
          path: `/${group}/namespaces/${namespace}/events`,
          headers: { 'content-type': 'application/json', 'user-agent': 'kube-apiserver' },
          body: JSON.stringify(object),
        })
        .catch(() => {})
    },
  }
}

interface Circumstances {
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly component: string
  readonly now: Date
}

function oldForm({ regarding, reason, message }: ServerEvent, about: Circumstances): Event {
  const time = about.now.toISOString()
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: about.metadata,
    involvedObject: referenceTo(regarding),
    reason,
    message,
    type: 'Warning',
    source: { component: about.component },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  }
}

function newForm(
  { regarding, reason, message }: ServerEvent,
  { metadata, component, now, action }: Circumstances & { readonly action: string },
): EventsEvent {
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata,
    eventTime: now.toISOString().replace('Z', '000Z'),
    reportingController: component,
    reportingInstance: component,
    action,
    reason,
    regarding: referenceTo(regarding),
    note: message,
    type: 'Warning',
  } as EventsEvent
}

function referenceTo({ apiVersion, kind, metadata }: KubeObject): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata
  return {
    ...{ apiVersion, kind, name },
    ...(namespace && { namespace }),
    ...(uid && { uid }),
    ...(resourceVersion && { resourceVersion }),
  }
}
