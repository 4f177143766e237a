import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeBody } from '../decode.ts'
import { applyDefaults } from '../defaults/defaults.ts'
import { copyOf, type Draft, isDraft } from '../draft.ts'
import { type Kind, kindEntry } from '../kinds.ts'
import { StatusError } from '../status-error.ts'
import { applyFields, recordFields } from './field-management.ts'
import {
  decodeFields,
  difference,
  encodeFields,
  intersection,
  membersOf,
  noFields,
  placeText,
  union,
} from './field-set.ts'
import { mergeValues } from './merge.ts'
import { shapeOf } from './shape.ts'
import { fieldSetOf } from './walk.ts'

const first = new Date('2026-01-01T00:00:00Z')
const later = new Date('2026-01-01T00:01:00Z')

interface Writer {
  readonly manager: string
  readonly subresource?: string
  readonly now?: Date
  readonly force?: boolean
}

function writer(kind: Kind, { manager, subresource = '', now = first, force = false }: Writer) {
  const entry = kindEntry(kind)
  const target = { ...entry, hasStatus: entry.subresources?.['status'] !== undefined }
  return { target, manager, subresource, now, force }
}

/** What a client sends, as the server reads it. */
function body(kind: Kind, object: Draft, isPartial = false): Draft {
  const text = Buffer.from(JSON.stringify(object))
  const draft = decodeBody(kindEntry(kind), text, undefined, { isPartial }).object
  if (!isPartial) applyDefaults(draft)
  return draft
}

function created(kind: Kind, object: Draft, by: Writer): Draft {
  const draft = body(kind, object)
  recordFields(draft, undefined, writer(kind, by))
  return draft
}

function updated(kind: Kind, previous: Draft, change: (draft: Draft) => void, by: Writer): Draft {
  const draft = copyOf(previous)
  change(draft)
  recordFields(draft, previous, writer(kind, by))
  return draft
}

function applied(kind: Kind, live: Draft | undefined, config: Draft, by: Writer): Draft {
  return applyFields(live && copyOf(live), body(kind, config, true), writer(kind, by))
}

/** Owner -> its fields in short: `name operation` and FieldsV1. */
function owners(object: Draft): Record<string, unknown> {
  const { metadata } = object
  const list = isDraft(metadata) ? metadata['managedFields'] : undefined
  const entries = Array.isArray(list) ? list.filter(isDraft) : []
  return Object.fromEntries(
    entries.map(({ manager, operation, subresource, fieldsV1 }) => [
      [manager, operation, ...(subresource ? [subresource] : [])].join(' '),
      fieldsV1,
    ]),
  )
}

function refusal(work: () => unknown): { readonly message: string; readonly fields: string[] } {
  try {
    work()
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    const fields = (error.details?.causes ?? []).map(({ field = '' }) => field)
    return { message: `${error.code} ${error.message}`, fields }
  }
  return { message: 'accepted', fields: [] }
}

const configMap = { metadata: { name: 'a', labels: { x: '1' } }, data: { k: 'v' } }

test('who creates an object owns what it says', () => {
  const object = created('ConfigMap', configMap, { manager: 'kubectl-create' })
  assert.deepEqual((object['metadata'] as Draft)['managedFields'], [
    {
      manager: 'kubectl-create',
      operation: 'Update',
      apiVersion: 'v1',
      time: '2026-01-01T00:00:00Z',
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:data': { '.': {}, 'f:k': {} },
        'f:metadata': { 'f:labels': { '.': {}, 'f:x': {} } },
      },
    },
  ])
})

test('lists are owned element by element, by their keys', () => {
  const template = {
    metadata: { labels: { app: 'x' } },
    spec: {
      containers: [{ name: 'c', image: 'nginx:1', ports: [{ containerPort: 80 }], args: ['a'] }],
    },
  }
  const spec = { replicas: 2, selector: { matchLabels: { app: 'x' } }, template }
  const object = created('Deployment', { metadata: { name: 'a' }, spec }, { manager: 'm' })
  assert.deepEqual(owners(object)['m Update'], {
    'f:spec': {
      'f:progressDeadlineSeconds': {},
      'f:replicas': {},
      'f:revisionHistoryLimit': {},
      'f:selector': {},
      'f:strategy': {
        'f:rollingUpdate': { '.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {} },
        'f:type': {},
      },
      'f:template': {
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
        'f:spec': {
          'f:containers': {
            'k:{"name":"c"}': {
              '.': {},
              'f:args': {},
              'f:image': {},
              'f:imagePullPolicy': {},
              'f:name': {},
              'f:ports': {
                '.': {},
                'k:{"containerPort":80,"protocol":"TCP"}': {
                  '.': {},
                  'f:containerPort': {},
                  'f:protocol': {},
                },
              },
              'f:resources': {},
              'f:terminationMessagePath': {},
              'f:terminationMessagePolicy': {},
            },
          },
          'f:dnsPolicy': {},
          'f:restartPolicy': {},
          'f:schedulerName': {},
          'f:securityContext': {},
          'f:terminationGracePeriodSeconds': {},
        },
      },
    },
  })
})

test('who changes a field takes it over, and keeps what it had', () => {
  const made = created('ConfigMap', configMap, { manager: 'a' })
  const data = (value: string) => (draft: Draft) => {
    draft['data'] = { k: value, more: 'x' }
  }
  const changed = updated('ConfigMap', made, data('w'), { manager: 'b', now: later })
  assert.deepEqual(owners(changed), {
    'a Update': { 'f:data': {}, 'f:metadata': { 'f:labels': { '.': {}, 'f:x': {} } } },
    'b Update': { 'f:data': { 'f:k': {}, 'f:more': {} } },
  })
  const same = updated('ConfigMap', changed, () => {}, { manager: 'c', now: later })
  assert.deepEqual(owners(same), owners(changed))
})

test('endpoints are owners of their own, and own what they can write', () => {
  const template = {
    metadata: { labels: { a: 'b' } },
    spec: { containers: [{ name: 'c', image: 'x' }] },
  }
  const spec = { selector: { matchLabels: { a: 'b' } }, template }
  const made = created(
    'Deployment',
    { metadata: { name: 'a' }, spec, status: { replicas: 1 } },
    { manager: 'a' },
  )
  assert.equal((owners(made)['a Update'] as Draft)['f:status'], undefined)
  const change = (draft: Draft) => {
    draft['status'] = { replicas: 3 }
  }
  const next = updated('Deployment', made, change, { manager: 'controller', subresource: 'status' })
  assert.deepEqual(owners(next)['controller Update status'], { 'f:status': { 'f:replicas': {} } })
})

test('an apply creates, merges and removes what it no longer says', () => {
  const config = { metadata: { name: 'a' }, data: { one: '1', two: '2' } }
  const made = applied('ConfigMap', undefined, config, { manager: 'me' })
  assert.deepEqual(made['data'], { one: '1', two: '2' })
  assert.deepEqual(owners(made), { 'me Apply': { 'f:data': { 'f:one': {}, 'f:two': {} } } })
  const other = updated(
    'ConfigMap',
    made,
    (draft) => {
      draft['data'] = { one: '1', two: '2', three: '3' }
    },
    { manager: 'b' },
  )
  const again = applied(
    'ConfigMap',
    other,
    { metadata: { name: 'a' }, data: { one: '1' } },
    { manager: 'me', now: later },
  )
  assert.deepEqual(again['data'], { one: '1', three: '3' })
  assert.deepEqual(owners(again), {
    'me Apply': { 'f:data': { 'f:one': {} } },
    'b Update': { 'f:data': { 'f:three': {} } },
  })
})

test('an apply of the same changes nothing, not even the time', () => {
  const config = { metadata: { name: 'a' }, data: { one: '1' } }
  const made = applied('ConfigMap', undefined, config, { manager: 'me' })
  assert.deepEqual(applied('ConfigMap', made, config, { manager: 'me', now: later }), made)
})

test('two who apply the same value own it together; it stays while one of them says it', () => {
  const config = { metadata: { name: 'a' }, data: { shared: '1' } }
  const one = applied('ConfigMap', undefined, config, { manager: 'a' })
  const both = applied('ConfigMap', one, config, { manager: 'b' })
  assert.deepEqual(owners(both), {
    'a Apply': { 'f:data': { 'f:shared': {} } },
    'b Apply': { 'f:data': { 'f:shared': {} } },
  })
  const left = applied('ConfigMap', both, { metadata: { name: 'a' } }, { manager: 'a' })
  assert.deepEqual(left['data'], { shared: '1' })
  const gone = applied('ConfigMap', left, { metadata: { name: 'a' } }, { manager: 'b' })
  assert.equal(gone['data'], undefined)
})

test('different values conflict, unless the apply is forced', () => {
  const made = created('ConfigMap', configMap, { manager: 'kubectl-create' })
  const config = { metadata: { name: 'a' }, data: { k: 'other' } }
  assert.deepEqual(
    refusal(() => applied('ConfigMap', made, config, { manager: 'me' })),
    {
      message: '409 Apply failed with 1 conflict: conflict with "kubectl-create" using v1: .data.k',
      fields: ['.data.k'],
    },
  )
  const forced = applied('ConfigMap', made, config, { manager: 'me', force: true })
  assert.deepEqual(forced['data'], { k: 'other' })
  assert.deepEqual(owners(forced), {
    'me Apply': { 'f:data': { 'f:k': {} } },
    'kubectl-create Update': { 'f:data': {}, 'f:metadata': { 'f:labels': { '.': {}, 'f:x': {} } } },
  })
})

test('several conflicts are listed by owner', () => {
  const template = {
    metadata: { labels: { a: 'b' } },
    spec: { containers: [{ name: 'c', image: 'x:1' }] },
  }
  const spec = { replicas: 1, selector: { matchLabels: { a: 'b' } }, template }
  const made = applied(
    'Deployment',
    undefined,
    { metadata: { name: 'a' }, spec },
    { manager: 'one' },
  )
  const containers = [{ name: 'c', image: 'x:2' }]
  const config = {
    metadata: { name: 'a' },
    spec: { replicas: 2, template: { spec: { containers } } },
  }
  const { message, fields } = refusal(() => applied('Deployment', made, config, { manager: 'two' }))
  assert.equal(
    message,
    '409 Apply failed with 2 conflicts: conflicts with "one":\n- .spec.replicas\n- .spec.template.spec.containers[name="c"].image',
  )
  assert.deepEqual(fields, ['.spec.replicas', '.spec.template.spec.containers[name="c"].image'])
})

test('an object that nobody tracked belongs to those before the first apply', () => {
  const live = body('ConfigMap', { metadata: { name: 'a' }, data: { k: 'v' } })
  const next = applied(
    'ConfigMap',
    live,
    { metadata: { name: 'a' }, data: { k: 'v', n: '1' } },
    { manager: 'me' },
  )
  assert.deepEqual(owners(next), {
    'me Apply': { 'f:data': { 'f:k': {}, 'f:n': {} } },
    'before-first-apply Update': { 'f:data': { '.': {}, 'f:k': {} } },
  })
})

test('kubectl takes over what it applied from the client’s side', () => {
  const annotations = {
    'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ data: { k: 'v' } }),
  }
  const live = created(
    'ConfigMap',
    { metadata: { name: 'a', annotations }, data: { k: 'v' } },
    { manager: 'kubectl-client-side-apply' },
  )
  const config = { metadata: { name: 'a' }, data: { k: 'w' } }
  const next = applied('ConfigMap', live, config, { manager: 'kubectl' })
  assert.deepEqual(next['data'], { k: 'w' })
  assert.deepEqual((next['metadata'] as Draft)['annotations'], {
    'kubectl.kubernetes.io/last-applied-configuration':
      '{"metadata":{"name":"a"},"data":{"k":"w"},"apiVersion":"v1","kind":"ConfigMap"}\n',
  })
  assert.equal(
    refusal(() => applied('ConfigMap', live, config, { manager: 'other' })).message.slice(0, 25),
    '409 Apply failed with 1 c',
  )
})

test('refuses configurations that say what they may not', () => {
  const managed = { metadata: { name: 'a', managedFields: [] } }
  assert.equal(
    refusal(() => applied('ConfigMap', undefined, managed, { manager: 'me' })).message,
    '400 metadata.managedFields must be nil',
  )
  assert.equal(
    refusal(() =>
      applied('ConfigMap', undefined, { metadata: { name: 'a' }, foo: 1 }, { manager: 'me' }),
    ).message,
    '400 failed to create typed patch object (/a; v1, Kind=ConfigMap): .foo: field not declared in schema',
  )
})

test('a client may clear the owners with an empty list', () => {
  const made = created('ConfigMap', configMap, { manager: 'a' })
  const clear = (draft: Draft) => {
    draft['metadata'] = { ...(draft['metadata'] as Draft), managedFields: [] }
  }
  const cleared = updated('ConfigMap', made, clear, { manager: 'b' })
  assert.deepEqual(owners(cleared), {})
  const change = (draft: Draft) => {
    draft['data'] = { b: '2' }
  }
  assert.deepEqual(owners(updated('ConfigMap', cleared, change, { manager: 'b' })), {})
  const forget = (draft: Draft) => {
    delete (draft['metadata'] as Draft)['managedFields']
  }
  assert.deepEqual(owners(updated('ConfigMap', made, forget, { manager: 'b' })), owners(made))
})

test('of too many who update the oldest become one', () => {
  let object = created('ConfigMap', configMap, { manager: 'm00' })
  for (let index = 1; index <= 12; index++) {
    const now = new Date(first.getTime() + index * 1000)
    const name = `m${String(index).padStart(2, '0')}`
    const change = (draft: Draft) => {
      draft['data'] = { ...(draft['data'] as Draft), [name]: 'x' }
    }
    object = updated('ConfigMap', object, change, { manager: name, now })
  }
  const names = Object.keys(owners(object))
  assert.equal(names.length, 10)
  assert.equal(names[0], 'ancient-changes Update')
})

const podSpec = shapeOf('io.k8s.api.core.v1.PodSpec')

test('merged lists take the order of the configuration where it has a say', () => {
  const names = (list: string) => ({ containers: [...list].map((name) => ({ name })) })
  const orders: readonly (readonly [string, string, string])[] = [
    ['abc', 'b', 'abc'],
    ['abc', 'cb', 'acb'],
    ['abc', 'd', 'abcd'],
    ['abc', 'ca', 'bca'],
    ['ab', 'xay', 'xaby'],
  ]
  for (const [live, config, expected] of orders) {
    const merged = mergeValues(podSpec, names(live), names(config)) as {
      containers: { name: string }[]
    }
    assert.equal(
      [...merged.containers.map(({ name }) => name)].sort().join(''),
      [...expected].sort().join(''),
    )
  }
})

test('sets of fields survive the trip through FieldsV1, and obey the laws of sets', () => {
  const objects = fc.record(
    {
      nodeName: fc.string(),
      containers: fc.uniqueArray(
        fc.record({ name: fc.constantFrom('a', 'b', 'c'), image: fc.string() }),
        {
          selector: ({ name }) => name,
        },
      ),
      nodeSelector: fc.dictionary(fc.constantFrom('x', 'y'), fc.string()),
      tolerations: fc.array(fc.record({ key: fc.string() })),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(objects, objects, (left, right) => {
      const a = fieldSetOf(podSpec, left as Draft)
      const b = fieldSetOf(podSpec, right as Draft)
      assert.deepEqual(membersOf(decodeFields(encodeFields(a)) ?? noFields), membersOf(a))
      assert.deepEqual(membersOf(union(a, b)), membersOf(union(b, a)))
      assert.deepEqual(membersOf(difference(a, a)), [])
      const parts = union(difference(a, b), intersection(a, b))
      assert.deepEqual(membersOf(parts), membersOf(a))
    }),
  )
})

test('names places as messages do', () => {
  const set = fieldSetOf(podSpec, { containers: [{ name: 'a', image: 'x' }], nodeName: 'n' })
  assert.deepEqual(membersOf(set).map(placeText), [
    '.containers[name="a"]',
    '.containers[name="a"].image',
    '.containers[name="a"].name',
    '.nodeName',
  ])
})
