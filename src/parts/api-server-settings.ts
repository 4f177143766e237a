// What a cluster's API server is set to, by upstream's names of flags: files read, values typed.

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type AuditLog, createAuditLog } from '../apiserver/audit/audit-log.ts'
import { type AuditPolicy, AuditPolicyError, parseAuditPolicy } from '../apiserver/audit/policy.ts'
import {
  EncryptionConfigError,
  parseEncryptionConfig,
} from '../apiserver/encryption/encryption-config.ts'
import { createValueCodec, type ValueCodec } from '../apiserver/encryption/value-codec.ts'
import type { PartContext } from '../cluster/run-part.ts'
import { UserError } from '../cluster/user-error.ts'
import { systemClock } from '../lib/clock.ts'

export interface AuditSettings {
  readonly policy: AuditPolicy
  readonly sink: AuditLog
  readonly isStrict: boolean
}

/** Undefined where nothing is to be audited; a policy without a path is kept in the cluster's logs. */
export function auditSettings({ config, folder, log }: PartContext): AuditSettings | undefined {
  const args = config.apiServerArgs ?? {}
  const policyFile = args['audit-policy-file']
  if (policyFile === undefined) return undefined
  const path = args['audit-log-path'] ?? 'audit.log'
  const mode = modeOf(args['audit-log-mode'])
  return {
    policy: readPolicy(policyFile),
    sink: createAuditLog({
      path: path === '-' ? path : resolve(folder.logs, path),
      mode,
      maxAge: Number(args['audit-log-maxage'] ?? 0),
      maxBackup: Number(args['audit-log-maxbackup'] ?? 0),
      maxSize: Number(args['audit-log-maxsize'] ?? 0),
      clock: systemClock,
      log,
    }),
    isStrict: mode === 'blocking-strict',
  }
}

/** The seats that priority levels share: upstream's two limits together. */
export function seatSettings({ config }: PartContext): { readonly seats?: number } {
  const args = config.apiServerArgs ?? {}
  const reads = args['max-requests-inflight']
  const writes = args['max-mutating-requests-inflight']
  if (reads === undefined && writes === undefined) return {}
  return { seats: Math.max(1, Number(reads ?? 400) + Number(writes ?? 200)) }
}

/** Without a file nothing is encrypted. */
export function encryptionSettings({ config }: PartContext): ValueCodec {
  const file = config.apiServerArgs?.['encryption-provider-config']
  if (file === undefined) return createValueCodec([])
  try {
    return createValueCodec(parseEncryptionConfig(readFileSync(file, 'utf8')))
  } catch (error) {
    throw plainError(error, `error opening encryption provider configuration file "${file}"`)
  }
}

/** What is wrong with a file is the user's to mend; every other error stays what it is. */
function plainError(error: unknown, what: string): unknown {
  const isPlain =
    error instanceof AuditPolicyError ||
    error instanceof EncryptionConfigError ||
    (error instanceof Error && 'code' in error)
  return isPlain ? new UserError(`${what}: ${error.message}`) : error
}

function modeOf(text: string | undefined) {
  return text === 'batch' || text === 'blocking-strict' ? text : 'blocking'
}

function readPolicy(file: string): AuditPolicy {
  try {
    return parseAuditPolicy(readFileSync(file, 'utf8'))
  } catch (error) {
    throw plainError(error, `loading audit policy file ${file}`)
  }
}
