// Which level of the Pod Security Standards a namespace asks for, by its labels: what is refused
// (enforce), recorded (audit) and warned about (warn). Pure.

import { type FieldError, invalid } from '../../../api/field-error.ts'

export type Level = 'privileged' | 'baseline' | 'restricted'

export interface LevelVersion {
  readonly level: Level
  /** latest or v1.N */
  readonly version: string
}

export interface PodSecurityPolicy {
  readonly enforce: LevelVersion
  readonly audit: LevelVersion
  readonly warn: LevelVersion
}

export const labelPrefix = 'pod-security.kubernetes.io/'

const levels: readonly Level[] = ['privileged', 'baseline', 'restricted']
const unlimited: LevelVersion = { level: 'privileged', version: 'latest' }

/** A policy always comes, even of labels that are wrong: enforced then is the strictest. */
export function policyOf(labels: Readonly<Record<string, string | undefined>> = {}): {
  readonly policy: PodSecurityPolicy
  readonly errors: readonly FieldError[]
} {
  const errors: FieldError[] = []
  const read = (mode: 'enforce' | 'audit' | 'warn', fallback: Level): LevelVersion => {
    const [level, version] = [labels[labelPrefix + mode], labels[`${labelPrefix}${mode}-version`]]
    return {
      level: level === undefined ? unlimited.level : parseLevel(mode, level, { fallback, errors }),
      version: version === undefined ? unlimited.version : parseVersion(mode, version, errors),
    }
  }
  const enforce = read('enforce', 'restricted')
  const audit = read('audit', 'privileged')
  const warn = read('warn', 'privileged')
  return { policy: { enforce, audit, warn: warnedOf(labels, enforce, warn) }, errors }
}

/** Who sets a level to enforce and none to warn about is warned of the same. */
function warnedOf(
  labels: Readonly<Record<string, string | undefined>>,
  enforce: LevelVersion,
  warn: LevelVersion,
): LevelVersion {
  const level = labels[`${labelPrefix}enforce`]
  const isEnforced = levels.some((known) => known === level)
  const isStricter = strictness(enforce.level) > strictness(warn.level)
  if (labels[`${labelPrefix}warn`] !== undefined || !isEnforced || !isStricter) return warn
  const hasVersion = labels[`${labelPrefix}warn-version`] !== undefined
  return { level: enforce.level, version: hasVersion ? warn.version : enforce.version }
}

function parseLevel(
  mode: string,
  text: string,
  { fallback, errors }: { readonly fallback: Level; readonly errors: FieldError[] },
): Level {
  const level = levels.find((known) => known === text)
  if (level) return level
  errors.push(invalid(labelField(mode), text, `must be one of ${levels.join(', ')}`))
  return fallback
}

function parseVersion(mode: string, text: string, errors: FieldError[]): string {
  if (text === 'latest' || /^v1\.(\d|[1-9]\d*)$/.test(text)) return text
  errors.push(invalid(labelField(`${mode}-version`), text, 'must be "latest" or "v1.x"'))
  return 'latest'
}

function labelField(mode: string): string {
  return `metadata.labels[${labelPrefix}${mode}]`
}

export function strictness(level: Level): number {
  return levels.indexOf(level)
}

export function levelText({ level, version }: LevelVersion): string {
  return `${level}:${version}`
}

export function isSameLevel(a: LevelVersion, b: LevelVersion): boolean {
  return a.level === b.level && a.version === b.version
}
