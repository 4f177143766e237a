// An image's config as the OCI image specification has it, read with care: anyone may have made it.

export interface ImageConfig {
  readonly architecture: string
  readonly os: string
  readonly user: string
  readonly env: readonly string[]
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
  readonly workingDir: string
  readonly stopSignal: string
  /** Digests of the layers' uncompressed tar files, the lowest first. */
  readonly diffIds: readonly string[]
}

/** Throws with a message that says what is wrong with it. */
export function parseImageConfig(text: string): ImageConfig {
  const whole = record(JSON.parse(text))
  const config = record(whole['config'])
  const rootfs = record(whole['rootfs'])
  const diffIds = strings(rootfs['diff_ids'])
  if (!diffIds.every((id) => /^sha256:[0-9a-f]{64}$/.test(id)))
    throw new Error('the image config names layers by something else than a sha256 digest')
  return {
    architecture: string(whole['architecture']),
    os: string(whole['os']),
    user: string(config['User']),
    env: strings(config['Env']),
    entrypoint: strings(config['Entrypoint']),
    cmd: strings(config['Cmd']),
    workingDir: string(config['WorkingDir']),
    stopSignal: string(config['StopSignal']),
    diffIds,
  }
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {}
}

export function string(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : []
}

export function records(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(record) : []
}
