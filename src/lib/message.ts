// The shape of a protobuf message as the schema knows it and the codec needs it: which JSON
// property travels under which number, and how.

export type ScalarType = 'string' | 'bytes' | 'bool' | 'int32' | 'int64' | 'double'

/** JSON forms that are not simply the message's fields. */
export type MessageForm =
  | 'time'
  | 'microTime'
  | 'quantity'
  | 'intOrString'
  | 'rawJson'
  | 'schemaOrArray'
  | 'schemaOrBool'
  | 'schemaOrStringArray'
  /** A list of strings in a message of its own: {items=1}. */
  | 'stringList'
  /** A message whose fields belong to the object around it. */
  | 'inline'

export interface MessageField {
  /** The JSON property; empty for an inline message. */
  readonly key: string
  readonly number: number
  readonly container: 'one' | 'list' | 'map'
  /** A scalar, or the element's message (a function, as messages may hold themselves). */
  readonly element: ScalarType | (() => MessageType)
  /** Absent differs from zero: written only when there. */
  readonly isOptional: boolean
}

export interface MessageType {
  readonly form?: MessageForm
  /** In order of their numbers, which is the order on the wire. */
  readonly fields: readonly MessageField[]
  readonly byNumber: ReadonlyMap<number, MessageField>
}

export function messageType(fields: readonly MessageField[], form?: MessageForm): MessageType {
  const sorted = fields.toSorted((a, b) => a.number - b.number)
  return {
    ...(form && { form }),
    fields: sorted,
    byNumber: new Map(sorted.map((field) => [field.number, field])),
  }
}
