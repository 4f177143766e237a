// What a client asks of a container's log, and which of its lives it means. Pure.

import type { ContainerStatus } from '../../api/types.gen.ts'

export interface LogOptions {
  readonly follow: boolean
  readonly previous: boolean
  readonly timestamps: boolean
  readonly tailLines?: number
  readonly limitBytes?: number
  /** Entries of before are left out, in milliseconds since 1970. */
  readonly sinceMs?: number
  readonly stream: 'All' | 'Stdout' | 'Stderr'
}

export function logOptions(query: URLSearchParams, nowMs: number): LogOptions {
  const isOn = (name: string) => ['true', '1'].includes(query.get(name) ?? '')
  const number = (...names: readonly string[]) => {
    const text = names.map((name) => query.get(name)).find((value) => value)
    return text === undefined || text === null ? undefined : Number(text)
  }
  const tailLines = number('tailLines', 'tail')
  const limitBytes = number('limitBytes')
  const sinceSeconds = number('sinceSeconds')
  const sinceTime = Date.parse(query.get('sinceTime') ?? '')
  const sinceMs = sinceSeconds === undefined ? sinceTime : nowMs - sinceSeconds * 1000
  const stream = query.get('stream')
  return {
    follow: isOn('follow'),
    previous: isOn('previous'),
    timestamps: isOn('timestamps'),
    ...(tailLines !== undefined && { tailLines }),
    ...(limitBytes !== undefined && { limitBytes }),
    ...(!Number.isNaN(sinceMs) && { sinceMs }),
    stream: stream === 'Stdout' || stream === 'Stderr' ? stream : 'All',
  }
}

/** The id of the life whose log is meant; a string is why there is none, in upstream's words. */
export function logContainer(
  pod: string,
  status: ContainerStatus,
  previous: boolean,
): { readonly id: string } | string {
  const { name, state, lastState } = status
  const idOf = (containerID: string | undefined) => containerID?.split('://')[1]
  const before = idOf(lastState?.terminated?.containerID)
  if (previous)
    return before
      ? { id: before }
      : `previous terminated container "${name}" in pod "${pod}" not found`
  const now = state?.running ? idOf(status.containerID) : idOf(state?.terminated?.containerID)
  const id = now ?? before
  if (id) return { id }
  const waits = `container "${name}" in pod "${pod}" is waiting to start`
  const reason = state?.waiting?.reason
  if (reason === 'ErrImagePull') return `${waits}: image can't be pulled`
  if (reason === 'ImagePullBackOff') return `${waits}: trying and failing to pull image`
  return reason ? `${waits}: ${reason}` : `${waits} - no logs yet`
}
