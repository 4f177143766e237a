// Which entry of an image index is for this machine. Pure.

import { record, string } from './image-config.ts'

export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

/** Node's names for machines onto Go's, which images use. */
const architectures: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  ppc64: 'ppc64le',
}

export function ownPlatform(arch: string = process.arch): Platform {
  const architecture = architectures[arch] ?? arch
  return { os: 'linux', architecture, ...(architecture === 'arm64' && { variant: 'v8' }) }
}

type Entry = Readonly<Record<string, unknown>>

/** An index of one entry that names no platform is for every machine. */
export function choosePlatform(entries: readonly Entry[], platform: Platform): Entry | undefined {
  const fitting = entries.filter((entry) => {
    const own = record(entry['platform'])
    return own['os'] === platform.os && own['architecture'] === platform.architecture
  })
  const sameVariant = fitting.find(({ platform: own }) => {
    const variant = string(record(own)['variant'])
    return variant === '' || variant === platform.variant
  })
  return sameVariant ?? fitting[0] ?? entries.find((entry) => entry['platform'] === undefined)
}
