// Starts the controllers of the table: all of them, sharing one set of informers.

import type { ControllerShell } from '../client/controller-runner.ts'
import type { ApiClient } from '../client/create-client.ts'
import { createEventRecorder } from '../client/events.ts'
import { createInformers, type RunningInformers } from '../client/informers.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { type Log, silentLog } from '../lib/log.ts'
import { type Random, systemRandom } from '../lib/random.ts'
import type { SigningAuthority } from './certificates/certificates.ts'
import { controllers, controllerWants } from './controllers.ts'
import type { SignLegacyToken } from './serviceaccount/token-secrets.ts'

export interface ControllersShell extends ControllerShell {
  readonly client: ApiClient
  readonly random: Random
  /** PEM of the certificate authority that Pods are to trust. */
  readonly rootCa: string
  /** Signs certificates that are asked for; absent: nobody does. */
  readonly signing?: SigningAuthority
  /** Signs the tokens that Secrets keep; absent: none are made. */
  readonly signLegacyToken?: SignLegacyToken
}

export interface ControllersOptions {
  /** Reads for all of them. */
  readonly client: ApiClient
  /** Writes as one of them, by its ServiceAccount; without it, all write through `client`. */
  readonly clientOf?: (account: string) => ApiClient
  readonly rootCa: string
  readonly signing?: SigningAuthority
  readonly signLegacyToken?: SignLegacyToken
  readonly signal: AbortSignal
  readonly clock?: Clock
  readonly random?: Random
  readonly log?: Log
  /** Shared with the scheduler where it runs in the same process; must hold controllerWants. */
  readonly informers?: RunningInformers
}

export interface RunningControllers {
  readonly informers: RunningInformers
  /** Resolves when the signal has aborted and every controller has ended. */
  readonly ended: Promise<void>
}

export function startControllers(options: ControllersOptions): RunningControllers {
  const { signal, rootCa, signing, signLegacyToken } = options
  const { clock = systemClock, random = systemRandom, log = silentLog } = options
  const informers =
    options.informers ??
    createInformers(options.client, controllerWants, { signal, clock, random, log })
  const running = controllers.map(({ name, account, run }) => {
    const source = { component: name }
    const own = (account ? options.clientOf?.(account) : undefined) ?? options.client
    const recorder = createEventRecorder({ client: own, clock, random, signal, source, log })
    const shell = { client: own, informers, recorder, clock, random, log, signal, rootCa }
    const keys = { ...(signing && { signing }), ...(signLegacyToken && { signLegacyToken }) }
    return run({ ...shell, ...keys })
  })
  return { informers, ended: Promise.all([...running, informers.ended]).then(() => {}) }
}
