// Shell: keeps the APIServices of this server's own groups and of custom resources registered.
// Observes APIServices and CustomResourceDefinitions; creates, updates and deletes APIServices.

import { isReason } from '../../api/status-error.ts'
import type { APIService, CustomResourceDefinition } from '../../api/types.gen.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../lib/log.ts'
import { createQueue } from '../../lib/queue.ts'
import type { Change, Reader } from '../reader.ts'
import type { ApiServices } from './api-services.ts'
import {
  builtinRegistrations,
  customRegistrations,
  planRegistration,
  type RegistrationStep,
} from './registrations.ts'

export interface RegistrarOptions {
  readonly reader: Pick<Reader, 'send'>
  /** What is stored, as far as this server knows. */
  readonly stored: Pick<ApiServices, 'get' | 'names'>
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

export interface Registrar {
  /** An APIService has changed. */
  look(name: string): void
  reportDefinition(change: Change<CustomResourceDefinition>): void
  /** Works from now on, when all that is stored has been reported; resolves after the signal. */
  run(): Promise<void>
}

export function createRegistrar(options: RegistrarOptions): Registrar {
  const { stored, clock, log, signal } = options
  const queue = createQueue({ clock, signal, backoff: { firstMs: 50, lastMs: 60_000 } })
  const definitions = new Map<string, CustomResourceDefinition>()
  const builtin = byName(builtinRegistrations())
  let custom = byName([])
  let namesAtStart: ReadonlySet<string> = new Set()
  const settled = new Set<string>()
  let isRunning = false

  async function settle(name: string): Promise<void> {
    const step = planRegistration({
      desired: builtin.get(name) ?? custom.get(name),
      current: stored.get(name),
      wasThereAtStart: namesAtStart.has(name),
      isSettled: settled.has(name),
    })
    if (step) await apply(options, step)
    settled.add(name)
  }

  const lookAtAll = (names: Iterable<string>) => {
    for (const name of names) queue.add(name)
  }
  return {
    look(name) {
      if (isRunning) queue.add(name)
    },
    reportDefinition({ previous, current }) {
      const name = (current ?? previous)?.metadata.name ?? ''
      if (current) definitions.set(name, current)
      else definitions.delete(name)
      const before = custom
      custom = byName(customRegistrations(definitions.values()))
      const names = new Set([...before.keys(), ...custom.keys()])
      if (isRunning) lookAtAll([...names].filter((each) => before.has(each) !== custom.has(each)))
    },
    async run() {
      namesAtStart = new Set(stored.names())
      isRunning = true
      lookAtAll(new Set([...builtin.keys(), ...custom.keys(), ...namesAtStart]))
      for (let name = await queue.take(); name !== undefined; name = await queue.take()) {
        try {
          await settle(name)
          queue.forget(name)
        } catch (error) {
          if (!signal.aborted) log.warn('registration of an APIService', { name, error })
          queue.retry(name)
        } finally {
          queue.done(name)
        }
      }
    },
  }
}

function byName(services: readonly APIService[]): ReadonlyMap<string, APIService> {
  return new Map(services.map((service) => [service.metadata.name, service]))
}

const path = '/apis/apiregistration.k8s.io/v1/apiservices'
const headers = { 'content-type': 'application/json', 'user-agent': 'kube-apiserver' }

async function apply({ reader }: RegistrarOptions, step: RegistrationStep): Promise<void> {
  try {
    if (step.verb === 'delete') {
      await reader.send({ method: 'DELETE', path: `${path}/${step.name}`, headers })
      return
    }
    const { object, verb } = step
    const body = JSON.stringify(object)
    if (verb === 'create') await reader.send({ method: 'POST', path, headers, body })
    else
      await reader.send({ method: 'PUT', path: `${path}/${object.metadata.name}`, headers, body })
  } catch (error) {
    // What is stored has changed meanwhile: its event will be looked at.
    if (!isReason(error, 'AlreadyExists', 'Conflict', 'NotFound')) throw error
  }
}
