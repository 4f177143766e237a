// The types of CEL: what variables are declared as, what a checked expression yields.

export type CelType =
  | { readonly kind: SimpleKind }
  | { readonly kind: 'list'; readonly element: CelType }
  | { readonly kind: 'map'; readonly key: CelType; readonly value: CelType }
  | { readonly kind: 'optional'; readonly of: CelType }
  | { readonly kind: 'type'; readonly of: CelType }
  | ObjectType
  /** A value with functions and no fields: an IP, a URL, an authorizer. */
  | { readonly kind: 'opaque'; readonly name: string }
  /** Stands for any one type in a signature: T of list<T>. */
  | { readonly kind: 'parameter'; readonly name: string }

export type SimpleKind =
  | 'dyn'
  | 'null_type'
  | 'bool'
  | 'int'
  | 'uint'
  | 'double'
  | 'string'
  | 'bytes'
  | 'timestamp'
  | 'duration'

export interface ObjectType {
  readonly kind: 'object'
  readonly name: string
  /** The type of a field, undefined where there is none; asked lazily, so types may be recursive. */
  field(name: string): CelType | undefined
}

export const dyn: CelType = { kind: 'dyn' }
export const nullType: CelType = { kind: 'null_type' }
export const bool: CelType = { kind: 'bool' }
export const int: CelType = { kind: 'int' }
export const uint: CelType = { kind: 'uint' }
export const double: CelType = { kind: 'double' }
export const string: CelType = { kind: 'string' }
export const bytes: CelType = { kind: 'bytes' }
export const timestamp: CelType = { kind: 'timestamp' }
export const duration: CelType = { kind: 'duration' }

export const listOf = (element: CelType): CelType => ({ kind: 'list', element })
export const mapOf = (key: CelType, value: CelType): CelType => ({ kind: 'map', key, value })
export const optionalOf = (of: CelType): CelType => ({ kind: 'optional', of })
export const typeOf = (of: CelType): CelType => ({ kind: 'type', of })
export const opaque = (name: string): CelType => ({ kind: 'opaque', name })

export function objectType(name: string, fields: Readonly<Record<string, CelType>>): ObjectType {
  return { kind: 'object', name, field: (field) => fields[field] }
}

/** As cel-go writes types in its errors. */
export function typeText(type: CelType): string {
  switch (type.kind) {
    case 'null_type':
      return 'null'
    case 'timestamp':
      return 'google.protobuf.Timestamp'
    case 'duration':
      return 'google.protobuf.Duration'
    case 'list':
      return `list(${typeText(type.element)})`
    case 'map':
      return `map(${typeText(type.key)}, ${typeText(type.value)})`
    case 'optional':
      return `optional_type(${typeText(type.of)})`
    case 'type':
      return `type(${typeText(type.of)})`
    case 'object':
    case 'opaque':
    case 'parameter':
      return type.name
    default:
      return type.kind
  }
}
