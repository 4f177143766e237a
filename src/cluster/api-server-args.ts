// Table and plan: which of kube-apiserver's settings this API server has, and what was asked for in
// the patches of a kind file or by flags. Paths of a kind file are those inside the control plane's
// container, which its volumes and mounts lead to the host.

import { join } from 'node:path'
import type { NodeMount } from './config.ts'
import { UserError } from './user-error.ts'

type Setting = 'file that is read' | 'file that is written' | 'number' | readonly string[]

/** By upstream's names of flags. */
export const apiServerSettings: Readonly<Record<string, Setting>> = {
  'audit-policy-file': 'file that is read',
  'audit-log-path': 'file that is written',
  'audit-log-maxage': 'number',
  'audit-log-maxbackup': 'number',
  'audit-log-maxsize': 'number',
  'audit-log-mode': ['batch', 'blocking', 'blocking-strict'],
  'audit-log-format': ['json'],
  'encryption-provider-config': 'file that is read',
  'max-requests-inflight': 'number',
  'max-mutating-requests-inflight': 'number',
}

export interface ApiServerVolume {
  readonly hostPath: string
  readonly mountPath: string
}

export interface ApiServerWish {
  /** As in a patch: paths are those of the API server's container. */
  readonly args: Readonly<Record<string, string>>
  readonly volumes: readonly ApiServerVolume[]
}

/** Throws UserError for a value that cannot be, or a file that is nowhere on the host. */
export function planApiServerArgs(
  { args, volumes }: ApiServerWish,
  mounts: readonly NodeMount[],
): Readonly<Record<string, string>> {
  const inNode = volumes.map(({ mountPath, hostPath }) => ({ from: mountPath, to: hostPath }))
  const onHost = mounts.map(({ containerPath, hostPath }) => ({
    from: containerPath,
    to: hostPath,
  }))
  const hostPath = (path: string) => through(onHost, through(inNode, path) ?? path)
  const planned = Object.entries(args).map(([name, value]) => {
    const setting = apiServerSettings[name]
    if (setting === 'file that is read') return [name, hostPath(value) ?? nowhere(name, value)]
    if (setting === 'file that is written')
      return [name, value === '-' ? value : (hostPath(value) ?? ownLog)]
    return [name, checked(name, value, setting)]
  })
  return Object.fromEntries(planned)
}

/** In the cluster's own folder of logs. */
const ownLog = 'audit.log'

function checked(name: string, value: string, setting: Setting | undefined): string {
  if (setting === 'number' && !/^\d+$/.test(value))
    throw new UserError(`${name}: "${value}" is no number`)
  if (Array.isArray(setting) && !setting.includes(value))
    throw new UserError(`${name}: "${value}" is none of ${setting.join(', ')}`)
  return value
}

interface Place {
  readonly from: string
  readonly to: string
}

function nowhere(name: string, path: string): never {
  throw new UserError(`${name}: no extraMounts of the control plane lead ${path} to the host`)
}

/** By the place that says most of the path; undefined: none leads on. */
function through(places: readonly Place[], path: string): string | undefined {
  const [best] = places
    .filter(({ from }) => path === from || path.startsWith(from.replace(/\/?$/, '/')))
    .toSorted((a, b) => b.from.length - a.from.length)
  return best && join(best.to, path.slice(best.from.length))
}
