// ValidatingAdmissionPolicy: validations in CEL whose failures deny, or only warn.

import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  Validation,
} from '../../../api/types.gen.ts'
import { CelError } from '../../../cel/program.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../admission.ts'
import type { Bindings } from '../matching/cel-request.ts'
import { isBeyondPolicies } from '../matching/rules.ts'
import { createAuditNotes } from './audit-annotations.ts'
import { type Compiled, type Environment, run } from './environment.ts'
import { createInvoker, type Invocation } from './invocations.ts'
import { policyDenial } from './policy-denial.ts'

interface Failure {
  readonly message: string
  readonly reason: string | undefined
  /** An expression that could not be evaluated, not one that was false. */
  readonly isError: boolean
  /** Which of the policy's validations it was. */
  readonly index: number
}

interface CompiledValidation {
  readonly validation: Validation
  readonly program: Compiled
  readonly message: Compiled | undefined
}

type Called = Invocation<ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding>

export function createValidatingPolicies(): AdmissionPlugin {
  const invocations = createInvoker()
  const notesOf = createAuditNotes()
  const remembered = new WeakMap<Environment, readonly CompiledValidation[]>()
  const validationsOf = ({ policy, environment }: Called) => {
    const known = remembered.get(environment)
    if (known) return known
    const made = (policy.spec.validations ?? []).map((validation) =>
      compile(validation, environment),
    )
    remembered.set(environment, made)
    return made
  }
  return {
    name: 'ValidatingAdmissionPolicy',
    handles: (request) => !isBeyondPolicies(request),
    async validate(request, support) {
      const policies = await support.cluster.list('ValidatingAdmissionPolicy')
      if (policies.length === 0) return
      const bindings = await support.cluster.list('ValidatingAdmissionPolicyBinding')
      let denied: Error | undefined
      const audited: object[] = []
      const notes = notesOf()
      for await (const called of invocations({ policies, bindings }, request, support)) {
        const failed = notes.collect(called).map(asError)
        const failures = failuresOf(called, validationsOf(called), failed)
        denied ??= act(called, failures, request)
        audited.push(...auditedFailures(called, failures))
      }
      if (audited.length > 0) request.annotate?.(failureKey, JSON.stringify(audited))
      for (const [key, values] of notes.values) request.annotate?.(key, [...values].join(', '))
      if (denied) throw denied
    },
  }
}

function compile(validation: Validation, environment: Environment): CompiledValidation {
  const { expression, messageExpression } = validation
  return {
    validation,
    program: environment.compile(expression),
    message: messageExpression ? environment.compile(messageExpression) : undefined,
  }
}

function failuresOf(
  { policy, bindings }: Called,
  validations: readonly CompiledValidation[],
  others: readonly Failure[],
): Failure[] {
  const failures =
    typeof bindings === 'string'
      ? [{ message: bindings, reason: undefined, isError: true, index: 0 }]
      : [...validations.flatMap((one, index) => failureOf(one, bindings, index) ?? []), ...others]
  const isIgnored = policy.spec.failurePolicy === 'Ignore'
  return failures.filter(({ isError }) => !isError || !isIgnored)
}

function asError(message: string): Failure {
  return { message, reason: undefined, isError: true, index: 0 }
}

function failureOf(
  compiled: CompiledValidation,
  bindings: Bindings,
  index: number,
): Failure | undefined {
  const { validation, program } = compiled
  const { expression, reason } = validation
  try {
    if (run(program, bindings) === true) return undefined
    return { message: messageOf(compiled, bindings), reason, isError: false, index }
  } catch (error) {
    if (!(error instanceof CelError)) throw error
    const message = `expression '${expression}' resulted in error: ${error.message}`
    return { message, reason: undefined, isError: true, index }
  }
}

const mostMessageLength = 5 * 1024

/** The message expression's, unless it fails or says nothing on one line. */
function messageOf({ validation, message }: CompiledValidation, bindings: Bindings): string {
  const plain = validation.message?.trim() || `failed expression: ${validation.expression.trim()}`
  if (message === undefined) return plain
  try {
    const text = run(message, bindings)
    const isUsable =
      typeof text === 'string' && text.length <= mostMessageLength && !/\n/.test(text)
    return (isUsable && text.trim()) || plain
  } catch (error) {
    if (error instanceof CelError) return plain
    throw error
  }
}

/** Warns, and yields the refusal if there is to be one. */
function act(
  { policy, binding }: Called,
  failures: readonly Failure[],
  request: AdmissionRequest,
): Error | undefined {
  const { validationActions } = binding.spec
  const named = `ValidatingAdmissionPolicy '${policy.metadata.name}' with binding '${binding.metadata.name}'`
  if (validationActions.includes('Warn')) {
    const warnings = failures.map(({ message }) => `Validation failed for ${named}: ${message}`)
    request.warnings.push(...warnings)
  }
  const [first] = failures
  if (!first || !validationActions.includes('Deny')) return undefined
  return policyDenial(request, `${named} denied request: ${first.message}`, first.reason)
}

const failureKey = 'validation.policy.admission.k8s.io/validation_failure'

/** What the audit log is told, where a binding asks for it. */
function auditedFailures(
  { policy, binding }: Called,
  failures: readonly Failure[],
): readonly object[] {
  const { validationActions } = binding.spec
  if (!validationActions.includes('Audit')) return []
  return failures.map(({ message, index }) => ({
    message,
    policy: policy.metadata.name,
    binding: binding.metadata.name,
    expressionIndex: index,
    validationActions,
  }))
}
