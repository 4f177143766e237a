// The JSON value types, and the few Kubernetes scalars that have a JSON form of their own.

export type JsonValue = string | number | boolean | null | JsonObject | readonly JsonValue[]
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined
}
/** Text such as 100m, 1Gi or 0.5; a plain number in JSON is accepted too. */
export type Quantity = string
export type IntOrString = number | string
/** Any object, known or not. */
export type RawExtension = JsonObject
