// The environment of a container: Services, envFrom, env, in this order, later ones winning.
// In: the Pod, the container and what it refers to. Out: variables, or a ConfigError whose text
// the user reads as CreateContainerConfigError. Pure.

import type {
  ConfigMap,
  Container,
  EnvFromSource,
  EnvVar,
  EnvVarSource,
  Secret,
  Service,
} from '../../api/types.gen.ts'
import { ConfigError } from '../containers/config-error.ts'
import { expand } from './expand.ts'
import { type FieldContext, fieldValue, resourceValue } from './field-ref.ts'
import { serviceEnv, type Variable } from './service-env.ts'

export interface EnvSources {
  configMap(name: string): ConfigMap | undefined
  secret(name: string): Secret | undefined
  readonly services: readonly Service[]
}

export function environment(
  container: Container,
  context: FieldContext,
  sources: EnvSources,
): readonly Variable[] {
  const { metadata, spec } = context.pod
  const { namespace = '' } = metadata
  const links = serviceEnv(sources.services, namespace, spec.enableServiceLinks ?? true)
  const found = new Map(links.map(({ key, value }) => [key, value]))
  for (const source of container.envFrom ?? [])
    for (const [key, value] of fromSource(source, namespace, sources)) found.set(key, value)
  // A variable sees those before it: a reference to a later one stays as it is written.
  const inScope = new Map(found)
  for (const variable of container.env ?? []) {
    const value = variableValue(variable, { container, context, sources, inScope })
    if (value === undefined) continue
    inScope.set(variable.name, value)
    found.set(variable.name, value)
  }
  return [...found].map(([key, value]) => ({ key, value }))
}

function fromSource(
  { configMapRef, secretRef, prefix = '' }: EnvFromSource,
  namespace: string,
  sources: EnvSources,
): readonly (readonly [string, string])[] {
  const named = ([key, value]: readonly [string, string]) => [`${prefix}${key}`, value] as const
  if (configMapRef) {
    const { name = '', optional } = configMapRef
    const object = sources.configMap(name) ?? missing('configmap', name, optional)
    return Object.entries(object?.data ?? {}).map(named)
  }
  if (secretRef) {
    const { name = '', optional } = secretRef
    const object = sources.secret(name) ?? missing('secret', name, optional)
    return secretEntries(object).map(named)
  }
  throw new ConfigError(`envFrom of namespace ${namespace} names neither a configMap nor a secret`)
}

interface Scope {
  readonly container: Container
  readonly context: FieldContext
  readonly sources: EnvSources
  readonly inScope: ReadonlyMap<string, string>
}

function variableValue({ value, valueFrom }: EnvVar, scope: Scope): string | undefined {
  if (valueFrom) return valueFromSource(valueFrom, scope)
  return expand(value ?? '', (name) => scope.inScope.get(name))
}

function valueFromSource(source: EnvVarSource, scope: Scope): string | undefined {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = source
  const { context, sources } = scope
  const { namespace = '' } = context.pod.metadata
  if (fieldRef) {
    const { fieldPath } = fieldRef
    return fieldValue(fieldPath, context) ?? refuse(`unsupported fieldPath: ${fieldPath}`)
  }
  if (resourceFieldRef) return resourceOf(resourceFieldRef, scope)
  if (configMapKeyRef) {
    const { name = '', key, optional } = configMapKeyRef
    const object = sources.configMap(name) ?? missing('configmap', name, optional)
    const value = object?.data?.[key]
    if (value !== undefined || optional) return value
    return refuse(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`)
  }
  if (secretKeyRef) {
    const { name = '', key, optional } = secretKeyRef
    const object = sources.secret(name) ?? missing('secret', name, optional)
    const value = object?.data?.[key]
    if (value !== undefined) return Buffer.from(value, 'base64').toString()
    return optional ? undefined : refuse(`couldn't find key ${key} in Secret ${namespace}/${name}`)
  }
  return undefined
}

function resourceOf(
  selector: Parameters<typeof resourceValue>[0],
  { container, context }: Scope,
): string {
  const { spec } = context.pod
  const { containerName } = selector
  const other = [...spec.containers, ...(spec.initContainers ?? [])].find(
    ({ name }) => name === containerName,
  )
  const of = containerName ? other : container
  if (!of) return refuse(`container ${containerName} not found`)
  return (
    resourceValue(selector, of, context) ??
    refuse(`unsupported container resource : ${selector.resource}`)
  )
}

function secretEntries(secret: Secret | undefined): readonly (readonly [string, string])[] {
  return Object.entries(secret?.data ?? {}).map(
    ([key, value]) => [key, Buffer.from(value, 'base64').toString()] as const,
  )
}

function missing(kind: string, name: string, isOptional: boolean | undefined): undefined {
  return isOptional ? undefined : refuse(`${kind} "${name}" not found`)
}

function refuse(message: string): never {
  throw new ConfigError(message)
}
