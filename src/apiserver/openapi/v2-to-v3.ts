// OpenAPI v2 of a server that has nothing newer, as v3: paths of one group and version and the
// definitions they need. Pure. What v3 says in another place is moved there; nothing is added.

import { isDraft } from '../../api/draft.ts'

type Fields = Readonly<Record<string, unknown>>

const oldReference = '#/definitions/'
const newReference = '#/components/schemas/'

/** `prefix` is that of the paths: /apis/GROUP/VERSION/ */
export function convertToV3(document: unknown, prefix: string): object {
  const { info, paths, definitions, securityDefinitions } = fieldsOf(document)
  const own = Object.entries(fieldsOf(paths)).filter(([path]) => path.startsWith(prefix))
  return {
    openapi: '3.0.0',
    info: fieldsOf(info),
    paths: Object.fromEntries(own.map(([path, item]) => [path, pathItem(fieldsOf(item))])),
    components: {
      schemas: moved(fieldsOf(definitions)),
      ...(isDraft(securityDefinitions) && { securitySchemes: securityDefinitions }),
    },
  }
}

function fieldsOf(value: unknown): Fields {
  return isDraft(value) ? value : {}
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : []
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function pathItem(item: Fields): object {
  return Object.fromEntries(
    Object.entries(item).map(([key, value]) => [
      key,
      key === 'parameters' ? listOf(value).map(parameter) : operation(fieldsOf(value)),
    ]),
  )
}

/** The body is a parameter in v2, and media types are those of the whole operation. */
function operation(of: Fields): object {
  const { parameters, responses, consumes, produces, schemes: _schemes, ...rest } = of
  const all = listOf(parameters)
  const body = all.find((one) => one['in'] === 'body')
  const others = all.filter((one) => one !== body).map(parameter)
  return {
    ...rest,
    ...(others.length > 0 && { parameters: others }),
    ...(body && {
      requestBody: {
        content: content(textsOf(consumes), body['schema']),
        ...(body['required'] === true && { required: true }),
      },
    }),
    responses: Object.fromEntries(
      Object.entries(fieldsOf(responses)).map(([status, response]) => [
        status,
        answered(fieldsOf(response), textsOf(produces)),
      ]),
    ),
  }
}

function answered({ schema, ...rest }: Fields, types: readonly string[]): object {
  return schema === undefined ? rest : { ...rest, content: content(types, schema) }
}

function content(types: readonly string[], schema: unknown): object {
  const names = types.length > 0 ? types : ['application/json']
  return Object.fromEntries(names.map((type) => [type, { schema: moved(schema) }]))
}

const ofParameter = new Set(['name', 'in', 'description', 'required', 'allowEmptyValue'])

/** What says which values there may be is a schema of its own in v3. */
function parameter(of: Fields): object {
  const entries = Object.entries(of)
  const kept = entries.filter(([key]) => ofParameter.has(key) || key.startsWith('x-'))
  const schema = entries.filter(([key]) => !ofParameter.has(key) && !key.startsWith('x-'))
  return { ...Object.fromEntries(kept), schema: moved(Object.fromEntries(schema)) }
}

function moved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(moved)
  if (!isDraft(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string'
        ? inner.replace(oldReference, newReference)
        : moved(inner),
    ]),
  )
}
