import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DecodeOptions, decodeBody } from './decode.ts'
import { kindEntry } from './kinds.ts'
import { StatusError } from './status-error.ts'

const deployment = kindEntry('Deployment')

function decode(body: string, options: DecodeOptions = {}, type = 'application/json') {
  return decodeBody(deployment, Buffer.from(body), type, options)
}

function refusal(body: string, options: DecodeOptions = {}, type = 'application/json'): string {
  try {
    decode(body, options, type)
  } catch (error) {
    if (error instanceof StatusError) return `${error.code} ${error.message}`
    throw error
  }
  return 'accepted'
}

const strict = { fieldValidation: 'Strict' } as const
const warn = { fieldValidation: 'Warn' } as const

test('fills in what is always written and drops what is zero', () => {
  const { object } = decode(
    '{"metadata":{"name":"a","creationTimestamp":null,"labels":{}},"spec":{"paused":false,"minReadySeconds":0,"template":{"spec":{"containers":[{"name":"c","resources":{"limits":{"cpu":0.1,"memory":"1024Mi"}}}]}}}}',
  )
  assert.deepEqual(object, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'a' },
    spec: {
      selector: null,
      strategy: {},
      template: {
        metadata: {},
        spec: {
          containers: [{ name: 'c', resources: { limits: { cpu: '100m', memory: '1Gi' } } }],
        },
      },
    },
    status: {},
  })
})

test('keeps zero where absent means something else', () => {
  const { object } = decode('{"spec":{"replicas":0,"selector":{},"template":{}}}')
  assert.deepEqual(object['spec'], {
    replicas: 0,
    selector: {},
    strategy: {},
    template: { metadata: {}, spec: { containers: null } },
  })
})

test('names the place of a value of the wrong type', () => {
  const start = '400 Deployment in version "v1" cannot be handled as a Deployment: '
  const wrong: readonly (readonly [string, string])[] = [
    [
      '{"spec":{"replicas":"x"}}',
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      '{"spec":{"replicas":1.5}}',
      'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      '{"spec":{"replicas":99999999999}}',
      'json: cannot unmarshal number 99999999999 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      '{"spec":[]}',
      'json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec',
    ],
    [
      '{"metadata":{"labels":{"a":1}}}',
      'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      '{"spec":{"template":{"spec":{"containers":{}}}}}',
      'json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
    ],
    [
      '{"spec":{"template":{"spec":{"containers":[{"image":3}]}}}}',
      'json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.image of type string',
    ],
    [
      '{"spec":{"template":{"spec":{"hostNetwork":"yes"}}}}',
      'json: cannot unmarshal string into Go struct field PodSpec.spec.template.spec.hostNetwork of type bool',
    ],
    [
      '{"spec":{"template":{"spec":{"overhead":{"cpu":"1Zi"}}}}}',
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      '{"metadata":{"creationTimestamp":"yesterday"}}',
      'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
    ],
  ]
  for (const [body, message] of wrong) assert.equal(refusal(body), start + message, body)
})

test('refuses unknown and repeated fields in the order of the text', () => {
  const body =
    '{"spec":{"foo":1,"paused":true,"paused":true,"template":{"spec":{"containers":[{"name":"a","im":3,"im":4,"image":"b","image":"c"}]}}}}'
  const problems = [
    'unknown field "spec.foo"',
    'duplicate field "spec.paused"',
    'unknown field "spec.template.spec.containers[0].im"',
    'duplicate field "spec.template.spec.containers[0].image"',
  ]
  assert.equal(
    refusal(body, strict),
    `400 Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: ${problems.join(', ')}`,
  )
  assert.deepEqual(decode(body, warn).warnings, problems)
  assert.deepEqual(decode(body).warnings, [])
})

test('a string may hold colons and quotes without looking like a repeated key', () => {
  const body = '{"metadata":{"annotations":{"a":"{\\"b\\":1,\\"b\\":2}","c":"\\\\"}}}'
  assert.deepEqual(decode(body, strict).warnings, [])
})

test('tells what is wrong with the JSON as encoding/json does', () => {
  const wrong: readonly (readonly [string, string])[] = [
    ['{"spec":', 'unexpected end of JSON input'],
    ['', 'unexpected end of JSON input'],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['[1 2]', "invalid character '2' after array element"],
    ['hello', "invalid character 'h' looking for beginning of value"],
    ['{"a":tru}', "invalid character '}' in literal true (expecting 'e')"],
    ['{} x', "invalid character 'x' after top-level value"],
  ]
  for (const [body, message] of wrong) {
    const start = '400 the object provided is unrecognized (must be of type Deployment): '
    const problem = `couldn't get version/kind; json parse error: ${message}`
    assert.ok(refusal(body).startsWith(start + problem), `${body} -> ${refusal(body)}`)
  }
})

test('refuses other versions, kinds and media types', () => {
  assert.equal(
    refusal('{"apiVersion":"apps/v2","kind":"Deployment"}'),
    '400 the API version in the data (apps/v2) does not match the expected API version (apps/v1)',
  )
  assert.equal(
    refusal('{"apiVersion":"v1","kind":"Pod"}'),
    '400 Pod in version "v1" cannot be handled as a Deployment: converting (v1.Pod) to (apps.Deployment): unknown conversion',
  )
  assert.equal(
    refusal('{}', {}, 'text/plain'),
    '415 the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  )
})

test('DeleteOptions are of every version', () => {
  const target = {
    group: '',
    version: 'v1',
    kind: 'DeleteOptions',
    def: 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions',
  }
  const body = '{"apiVersion":"apps/v1","kind":"DeleteOptions","gracePeriodSeconds":0}'
  const { object } = decodeBody(target, Buffer.from(body), undefined)
  assert.equal(object['gracePeriodSeconds'], 0)
})

test('reads YAML with the rules of version 1.1', () => {
  const text =
    'spec:\n  paused: yes\n  replicas: 010\n  selector:\n    matchLabels: {a: 22:22, b: 2020-01-01, c: "on"}\n'
  const { object } = decode(text, strict, 'application/yaml')
  assert.deepEqual(object['spec'], {
    paused: true,
    replicas: 8,
    selector: { matchLabels: { a: '22:22', b: '2020-01-01', c: 'on' } },
    strategy: {},
    template: { metadata: {}, spec: { containers: null } },
  })
})

test('names the lines of repeated keys in YAML', () => {
  const text =
    'metadata:\n  name: a\n  name: b\nspec:\n  "paused": true\n  "paused": true\n  foo: 1\n'
  assert.equal(
    refusal(text, strict, 'application/yaml'),
    '400 Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: yaml: unmarshal errors:\n  line 3: key "name" already set in map\n  line 6: key "paused" already set in map, unknown field "spec.foo"',
  )
  assert.deepEqual(decode(text, warn, 'application/yaml').warnings, [
    'line 3: key "name" already set in map',
    'line 6: key "paused" already set in map',
    'unknown field "spec.foo"',
  ])
})
