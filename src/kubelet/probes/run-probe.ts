// Asks a container once how it is: by exec, httpGet, tcpSocket or grpc. In: the probe. Out: what
// it said; never rejects. The words are upstream's.

import type { Container, Probe } from '../../api/types.gen.ts'
import { CriError, type RuntimeService } from '../../cri/cri.ts'
import { portNumber } from '../containers/hooks.ts'
import { expandAll } from '../env/expand.ts'
import type { DialPod } from './dial.ts'
import { dialErrorText } from './dial-error.ts'
import { probeGrpc } from './grpc.ts'
import { probeHttp } from './http.ts'
import type { ProbeResult } from './outcome.ts'

export interface ProbeTarget {
  readonly container: Container
  readonly containerId: string
  readonly podIp: string
  readonly runtime: RuntimeService
  readonly dial: DialPod
}

/** Of an exec probe's output this much is kept, in bytes. */
const longestOutput = 10 * 1024

export async function runProbe(
  probe: Probe,
  target: ProbeTarget,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const { exec, httpGet, tcpSocket, grpc, timeoutSeconds = 1 } = probe
  const { container, podIp, dial } = target
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)])
  try {
    if (exec) return await probeExec(exec.command ?? [], target, timeoutSeconds)
    if (httpGet) {
      const { host = podIp, port, ...rest } = httpGet
      const number = portNumber(port, container)
      return await probeHttp({ ...rest, host: host || podIp, port: number, dial, signal: limit })
    }
    if (tcpSocket) {
      const host = tcpSocket.host || podIp
      return await probeTcp(host, portNumber(tcpSocket.port, container), { dial, signal: limit })
    }
    if (grpc) return await probeGrpc({ host: podIp, ...grpc, timeoutSeconds, dial, signal: limit })
    return { isSuccess: false, output: 'missing probe handler' }
  } catch (error) {
    return { isSuccess: false, output: error instanceof Error ? error.message : String(error) }
  }
}

async function probeExec(
  command: readonly string[],
  { runtime, containerId, container }: ProbeTarget,
  timeoutSeconds: number,
): Promise<ProbeResult> {
  const env = Object.fromEntries(
    (container.env ?? []).map(({ name, value = '' }) => [name, value] as const),
  )
  try {
    const { stdout, stderr, exitCode } = await runtime.execSync(
      containerId,
      expandAll(command, env),
      timeoutSeconds * 1000,
    )
    const output = Buffer.concat([stdout, stderr]).subarray(0, longestOutput).toString()
    return { isSuccess: exitCode === 0, output }
  } catch (error) {
    if (!(error instanceof CriError) || error.code !== 'DeadlineExceeded') throw error
    const text = command.map((word) => JSON.stringify(word)).join(' ')
    return {
      isSuccess: false,
      output: `command timed out: ${text} timed out after ${timeoutSeconds}s`,
    }
  }
}

async function probeTcp(
  host: string,
  port: number,
  { dial, signal }: { readonly dial: DialPod; readonly signal: AbortSignal },
): Promise<ProbeResult> {
  try {
    const socket = await dial(host, port, signal)
    socket.destroy()
    return { isSuccess: true, output: '' }
  } catch (error) {
    return { isSuccess: false, output: dialErrorText(host, port, error) }
  }
}
