// What runs in a container and with which environment: the pod's words over the image's. Pure.

import type { ContainerConfig } from '../../cri/cri.ts'
import type { ImageConfig } from '../images/image-config.ts'

/** A command replaces the image's entrypoint and drops its cmd; args alone replace the cmd. */
export function planArgs(
  config: Pick<ContainerConfig, 'command' | 'args'>,
  image: Pick<ImageConfig, 'entrypoint' | 'cmd'>,
): readonly string[] {
  const { command = [], args = [] } = config
  if (command.length > 0) return [...command, ...args]
  return [...image.entrypoint, ...(args.length > 0 ? args : image.cmd)]
}

const standardPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export interface EnvSources {
  readonly image: readonly string[]
  readonly config: ContainerConfig['envs']
  readonly hostname: string
  readonly home: string
  readonly tty: boolean
}

/** Later entries win over earlier ones of the same name. */
export function planEnv({ image, config, hostname, home, tty }: EnvSources): readonly string[] {
  const entries = [
    standardPath,
    `HOSTNAME=${hostname}`,
    `HOME=${home}`,
    ...(tty ? ['TERM=xterm'] : []),
    ...image,
    ...config.map(({ key, value }) => `${key}=${value}`),
  ]
  const byName = new Map(entries.map((entry) => [entry.split('=', 1)[0] ?? '', entry]))
  return [...byName.values()]
}
