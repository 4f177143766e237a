// Lifecycle hooks: exec, httpGet, tcpSocket, sleep. Rejects when one fails; the caller says what
// that means.

import type { IntOrString } from '../../api/json.ts'
import type { Container, HTTPGetAction, LifecycleHandler } from '../../api/types.gen.ts'
import type { RuntimeService } from '../../cri/cri.ts'
import type { Clock } from '../../lib/clock.ts'
import type { DialPod } from '../probes/dial.ts'
import { getOnce, urlOf } from '../probes/http.ts'

export interface HookContext {
  readonly runtime: RuntimeService
  readonly containerId: string
  readonly container: Container
  readonly podIp: string
  readonly dial: DialPod
  readonly clock: Clock
  readonly signal: AbortSignal
}

export async function runHook(handler: LifecycleHandler, context: HookContext): Promise<void> {
  const { exec, httpGet, tcpSocket, sleep } = handler
  if (exec) return runCommand(exec.command ?? [], context)
  if (httpGet) return runHttp(httpGet, context)
  if (tcpSocket) throw new Error('a tcpSocket hook is not supported')
  if (sleep) return context.clock.sleep(sleep.seconds * 1000, context.signal)
}

async function runCommand(command: readonly string[], context: HookContext): Promise<void> {
  const { exitCode, stdout, stderr } = await context.runtime.execSync(
    context.containerId,
    command,
    0,
  )
  if (exitCode === 0) return
  const output = `${Buffer.from(stdout)}${Buffer.from(stderr)}`
  throw new Error(`command '${command.join(' ')}' exited with ${exitCode}: ${output.trim()}`)
}

/** Any answer counts: a hook asks that it be delivered, not that it be liked. */
async function runHttp(
  { host, port, ...rest }: HTTPGetAction,
  { container, podIp, dial, signal }: HookContext,
): Promise<void> {
  const target = {
    ...rest,
    host: host || podIp,
    port: portNumber(port, container),
    userAgent: 'kube-lifecycle/1.36',
    dial,
    signal,
  }
  await getOnce(urlOf(target), target)
}

/** A port by number or by the name the container gives it. */
export function portNumber(port: IntOrString, { ports = [], name }: Container): number {
  if (typeof port === 'number') return port
  if (/^[0-9]+$/.test(port)) return Number(port)
  const found = ports.find((entry) => entry.name === port)
  if (!found) throw new Error(`couldn't find port: "${port}" in container ${name}`)
  return found.containerPort
}
