// Shell: keeps flow control current, says in each FlowSchema whether its level exists, and puts back
// the objects without which there is no order. Observes and writes FlowSchemas and
// PriorityLevelConfigurations.

import { isReason } from '../../api/status-error.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '../../api/types.gen.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { createQueue } from '../../lib/queue.ts'
import { flowControlObjects } from '../bootstrap/flow-control.ts'
import type { StoredObject } from '../bootstrap/stored-object.ts'
import type { Reader } from '../reader.ts'
import { danglingCondition } from './dangling.ts'
import type { FlowControl } from './flow-control.ts'
import { isMandatory, mended } from './mandatory.ts'

export interface FlowObjectsOptions {
  readonly reader: Pick<Reader, 'send' | 'follow'>
  readonly control: FlowControl
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/** How soon a suggested object is back that somebody took away. */
const restoreMs = 60_000

type FlowObject = FlowSchema | PriorityLevelConfiguration

/** Resolves when all objects that are stored now count; `ended` after the signal. */
export async function followFlowObjects(options: FlowObjectsOptions) {
  const { reader, control, clock, log, signal } = options
  const queue = createQueue({ clock, signal, backoff: { firstMs: 50, lastMs: 60_000 } })
  const stored = new Map<string, FlowObject>()
  const wanted = new Map(flowControlObjects().map((object) => [keyOf(object), object]))

  const report = (key: string, current: FlowObject | undefined) => {
    if (current) stored.set(key, current)
    else stored.delete(key)
    const own = wanted.get(key)
    if (current || (own && isMandatory(own))) queue.add(key)
    else if (own) queue.addAfter(key, restoreMs)
  }
  const following = await Promise.all([
    reader.follow(
      'PriorityLevelConfiguration',
      (change) => {
        control.changeLevel(change)
        const { name } = (change.current ?? change.previous)?.metadata ?? {}
        report(`PriorityLevelConfiguration ${name}`, change.current)
        // Whoever refers to it may dangle now, or no longer.
        for (const [key, object] of stored)
          if (object.kind === 'FlowSchema' && levelOf(object) === name) queue.add(key)
      },
      signal,
    ),
    reader.follow(
      'FlowSchema',
      (change) => {
        control.changeSchema(change)
        const { name } = (change.current ?? change.previous)?.metadata ?? {}
        report(`FlowSchema ${name}`, change.current)
      },
      signal,
    ),
  ])

  async function settle(key: string): Promise<void> {
    const object = stored.get(key)
    const own = wanted.get(key)
    const step = own && mended(own, object)
    if (step) return write(options, step)
    if (object?.kind !== 'FlowSchema') return
    const condition = danglingCondition(object, control.hasLevel(levelOf(object)), clock.now())
    if (condition) await writeCondition(options, object.metadata.name, condition)
  }

  async function work(): Promise<void> {
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      try {
        await settle(key)
        queue.forget(key)
      } catch (error) {
        if (!signal.aborted) log.warn('flow control object', { object: key, error })
        queue.retry(key)
      } finally {
        queue.done(key)
      }
    }
  }
  return { ended: Promise.all([work(), ...following.map(({ ended }) => ended)]) }
}

function keyOf({ kind, metadata }: StoredObject): string {
  return `${kind} ${metadata.name}`
}

function levelOf({ spec }: FlowSchema): string {
  return spec.priorityLevelConfiguration.name
}

const group = '/apis/flowcontrol.apiserver.k8s.io/v1'
const agent = { 'user-agent': 'kube-apiserver' }

async function write({ reader }: FlowObjectsOptions, object: StoredObject): Promise<void> {
  const plural = object.kind === 'FlowSchema' ? 'flowschemas' : 'prioritylevelconfigurations'
  const path = `${group}/${plural}`
  const headers = { ...agent, 'content-type': 'application/json' }
  const body = JSON.stringify(object)
  try {
    if (object.metadata.resourceVersion === undefined)
      await reader.send({ method: 'POST', path, headers, body })
    else
      await reader.send({ method: 'PUT', path: `${path}/${object.metadata.name}`, headers, body })
  } catch (error) {
    // What is stored has changed meanwhile: its event will be looked at.
    if (!isReason(error, 'AlreadyExists', 'Conflict', 'NotFound')) throw error
  }
}

const manager = 'api-priority-and-fairness-config-consumer-v1'

async function writeCondition(
  { reader }: FlowObjectsOptions,
  name: string,
  condition: object,
): Promise<void> {
  const apiVersion = 'flowcontrol.apiserver.k8s.io/v1'
  const status = { conditions: [condition] }
  try {
    await reader.send({
      method: 'PATCH',
      path: `${group}/flowschemas/${name}/status?fieldManager=${manager}&force=true`,
      headers: { ...agent, 'content-type': 'application/apply-patch+yaml' },
      body: JSON.stringify({ apiVersion, kind: 'FlowSchema', metadata: { name }, status }),
    })
  } catch (error) {
    if (!isReason(error, 'NotFound', 'Conflict')) throw error
  }
}
