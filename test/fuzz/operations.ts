// What a server says that it can be asked: the operations of its OpenAPI v3 documents, one for each
// path and method, with the schema of the kind that they are about.

import type { Schema, Schemas } from './schema-values.ts'

export interface Operation {
  readonly path: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Names of query parameters. */
  readonly parameters: readonly string[]
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly subresource: string
  /** Of the body; absent where there is none. */
  readonly schema: Schema | undefined
  readonly schemas: Schemas
  readonly kind: string
}

/** Of one document, for a group version or for paths outside of groups. */
export function operationsIn(document: OpenApiDocument): readonly Operation[] {
  const schemas = document.components?.schemas ?? {}
  return Object.entries(document.paths ?? {}).flatMap(([path, { parameters, ...methods }]) =>
    Object.entries(methods).flatMap(([method, of]) => {
      const upper = methodNames[method]
      if (!upper) return []
      const [schema] = Object.values(of.requestBody?.content ?? {}).map((each) => each.schema)
      return [
        {
          ...{ path, method: upper, schemas, schema, ...placeOf(path) },
          parameters: [...(parameters ?? []), ...(of.parameters ?? [])]
            .filter((parameter) => parameter.in === 'query')
            .map(({ name }) => name),
          kind: of['x-kubernetes-group-version-kind']?.kind ?? '',
        },
      ]
    }),
  )
}

export interface OpenApiDocument {
  readonly paths?: Readonly<Record<string, PathItem>>
  readonly components?: { readonly schemas?: Schemas }
}

interface Parameter {
  readonly name: string
  readonly in: string
}

interface PathOperation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content?: Readonly<Record<string, { schema: Schema }>> }
  readonly 'x-kubernetes-group-version-kind'?: { readonly kind: string }
}

type PathItem = { readonly parameters?: readonly Parameter[] } & Readonly<
  Record<string, PathOperation>
>

const methodNames: Readonly<Record<string, Operation['method']>> = {
  get: 'GET',
  post: 'POST',
  put: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
}

function placeOf(path: string) {
  const parts = path.split('/').slice(1)
  const [group = '', version = ''] = parts[0] === 'apis' ? parts.slice(1) : ['', parts[1]]
  const named = parts.slice(parts[0] === 'apis' ? 3 : 2)
  if (named[0] === 'watch') named.shift()
  if (named[0] === 'namespaces' && named.length > 2 && named[1] === '{namespace}')
    named.splice(0, 2)
  const [plural = '', , subresource = ''] = named
  return { group, version, plural, subresource }
}
