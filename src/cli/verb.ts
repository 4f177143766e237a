// What a verb of the command line is: a name, what it takes, and what it does.

import type { Clock } from '../lib/clock.ts'
import type { Output } from './output.ts'

export interface VerbOption {
  /** As commander reads it: '--nodes <count>'. */
  readonly flags: string
  readonly help: string
}

/** Values as typed; a flag without a value is true. */
export type OptionValues = Readonly<Record<string, string | boolean | undefined>>

export interface Verb {
  /** One word, or two for a verb of a group: 'image pull'. */
  readonly name: string
  /** As commander reads it: '<files...>'. */
  readonly takes?: string
  readonly help: string
  readonly options?: readonly VerbOption[]
  /** Everything after the verb is passed on unread. */
  readonly isPassThrough?: boolean
  /** Resolves with the exit code; 0 when absent. */
  readonly run: (
    context: CliContext,
    values: OptionValues,
    given: readonly string[],
  ) => Promise<number | undefined>
}

export interface CliContext {
  readonly out: Output
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly clock: Clock
  /** Aborts at the first Ctrl-C. */
  readonly signal: AbortSignal
  readonly version: string
  /** The program of the porter. */
  readonly porterProgram: string
}

export const nameOption: VerbOption = {
  flags: '--name <name>',
  help: 'which cluster (default: $SAMPAN_CLUSTER, or sampan)',
}

export const jsonOption: VerbOption = { flags: '--json', help: 'answer as JSON' }

/** The cluster a verb is about. */
export function clusterName({ env }: Pick<CliContext, 'env'>, values: OptionValues): string {
  const { name } = values
  return (typeof name === 'string' && name) || env['SAMPAN_CLUSTER'] || 'sampan'
}
