import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileCel } from './cel.ts'
import {
  type Authorize,
  authorizerType,
  authorizerValue,
  resourceCheckType,
  resourceCheckValue,
} from './functions/authorizer.ts'
import { toJson } from './json-values.ts'
import { CelError, CostError, type Declarations } from './program.ts'
import { bool, dyn, int, listOf, mapOf, objectType, string, timestamp, typeText } from './types.ts'
import type { CelValue } from './values.ts'

const widget = objectType('Widget', {
  name: string,
  replicas: int,
  labels: mapOf(string, string),
  ports: listOf(objectType('Port', { name: string, port: int })),
  made: timestamp,
})
const declarations: Declarations = {
  variables: { self: widget, object: dyn, x: int, names: listOf(string) },
}
const bindings = {
  self: {
    name: 'web',
    replicas: 3,
    labels: { app: 'web', 'a/b': 'c' },
    ports: [
      { name: 'http', port: 80 },
      { name: 'https', port: 443 },
    ],
    made: '2026-02-03T04:05:06.5Z',
  },
  object: { spec: { replicas: 2, ratio: 0.5, nothing: null, list: [1, 2, 3] } },
  x: 7,
  names: ['a', 'b', 'c'],
}

function evaluate(source: string, costLimit = 1e9): CelValue {
  const program = compileCel(source, declarations)
  if ('errors' in program) assert.fail(program.errors.map(({ text }) => text).join('\n'))
  return program.evaluate(bindings, { costLimit })
}

function mistakes(source: string): string[] {
  const program = compileCel(source, declarations)
  return 'errors' in program ? program.errors.map(({ message }) => message) : []
}

function failure(source: string): string {
  try {
    return `yields ${String(evaluate(source))}`
  } catch (error) {
    if (error instanceof CelError) return error.message
    throw error
  }
}

const truths: readonly string[] = [
  '1 + 2 * 3 == 7',
  '(1 + 2) * 3 == 9',
  '-7 / 2 == -3',
  '-7 % 2 == -1',
  '7u / 2u == 3u',
  '1.5 + 1.5 == 3.0',
  '-9223372036854775808 < 9223372036854775807',
  '0x1F == 31',
  '1 == 1 && 2 != 3 || false',
  '1 < 2.5 && 2u > 1',
  'dyn(1) == dyn(1.0) && dyn(1u) == dyn(1)',
  "dyn(1) != dyn('1')",
  "'a' + 'b' == 'ab'",
  '[1, 2] + [3] == [1, 2, 3]',
  "{'a': 1, 'b': 2} == {'b': 2, 'a': 1}",
  "'a' in ['a', 'b'] && 'k' in {'k': 1}",
  '[1, 2, 3][1] == 2',
  "{'a': {'b': 5}}.a.b == 5",
  'true ? true : 1 / 0 == 1',
  'false && 1 / 0 == 1 ? false : true',
  '1 / 0 == 1 || true',
  '!(1 / 0 == 1 && false)',
  "size('héllo') == 5 && [1, 2].size() == 2 && size(b'h\\xff') == 2",
  "r'\\n' == '\\\\n' && '''a\nb''' == 'a\\nb'",
  "'\\u00e9' == 'é' && '\\x41' == 'A' && '\\101' == 'A'",
  "self.name == 'web' && self.replicas == 3",
  'has(self.labels.app) && !has(self.labels.none) && has(self.name)',
  "self.labels['a/b'] == 'c'",
  'self.ports.all(p, p.port > 0) && self.ports.exists(p, p.port == 443)',
  "self.ports.exists_one(p, p.name == 'http')",
  'self.ports.map(p, p.port) == [80, 443]',
  "self.ports.map(p, p.port > 100, p.name) == ['https']",
  'names.filter(n, n > "a") == ["b", "c"]',
  'self.labels.all(k, k.size() > 0)',
  'self.labels.all(k, v, self.labels[k] == v)',
  "names.transformList(i, n, n + string(i)) == ['a0', 'b1', 'c2']",
  "{'a': 1}.transformMap(k, v, v + 1) == {'a': 2}",
  '[[1], [2, 3]].all(l, l.exists(i, i > 0))',
  '[1, 0].exists(i, 1 / i == 1) && !([0, 1].all(i, 1 / i == 2))',
  'cel.bind(n, self.replicas + 1, n * n) == 16',
  'object.spec.replicas == 2 && object.spec.ratio == 0.5 && object.spec.nothing == null',
  'object.spec.list.sum() == 6 && object.spec.list.max() == 3',
  "type(1) == int && type('a') == string && type(self.made) == google.protobuf.Timestamp",
  "int('42') == 42 && int(2.9) == 2 && uint(3) == 3u && double(2) == 2.0",
  "string(1) == '1' && string(1.5) == '1.5' && string(true) == 'true' && string(b'hi') == 'hi'",
  "bool('true') && bytes('hi') == b'hi'",
  "timestamp('2026-01-02T03:04:05Z') - timestamp('2026-01-02T03:04:00Z') == duration('5s')",
  "timestamp('2026-01-02T03:04:05Z') + duration('1h30m') == timestamp('2026-01-02T04:34:05Z')",
  'self.made.getFullYear() == 2026 && self.made.getMonth() == 1 && self.made.getDate() == 3',
  'self.made.getDayOfMonth() == 2 && self.made.getDayOfYear() == 33 && self.made.getMilliseconds() == 500',
  "self.made.getHours() == 4 && self.made.getHours('+02:00') == 6",
  "self.made.getHours('America/New_York') == 23 && self.made.getDayOfWeek() == 2",
  "duration('90m').getHours() == 1 && duration('1.5s').getMilliseconds() == 1500",
  "string(duration('1h')) == '3600s' && string(self.made) == '2026-02-03T04:05:06.5Z'",
  "'hello'.contains('ell') && 'hello'.startsWith('he') && 'hello'.endsWith('lo')",
  "'abc123'.matches('^[a-z]+[0-9]+$') && matches('a', '(?i)A')",
  "'hello'.charAt(1) == 'e' && 'hello'.indexOf('l') == 2 && 'hello'.lastIndexOf('l') == 3",
  "'a,b,c'.split(',') == ['a', 'b', 'c'] && 'a,b,c'.split(',', 2) == ['a', 'b,c']",
  "['a', 'b'].join('-') == 'a-b' && 'hello'.substring(1, 3) == 'el'",
  "'aXbX'.replace('X', '-') == 'a-b-' && 'aXbX'.replace('X', '-', 1) == 'a-bX'",
  "' a '.trim() == 'a' && 'Ab'.lowerAscii() == 'ab' && 'Ab'.upperAscii() == 'AB'",
  "'%s is %d of %.2f, %x'.format(['a', 3, 1.5, 255]) == 'a is 3 of 1.50, ff'",
  "'a1b22'.find('[0-9]+') == '1' && 'a1b22'.findAll('[0-9]+') == ['1', '22']",
  '[1, 2, 3].isSorted() && [3, 1].min() == 1 && [1.5, 2.5].sum() == 4.0 && [1, 2].indexOf(2) == 1',
  'sets.contains([1, 2], [2]) && sets.equivalent([1, 2], [2, 1, 1]) && sets.intersects([1], [1, 2])',
  "quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('50k').add(20) == quantity('50020')",
  "isQuantity('1.5') && !isQuantity('x') && quantity('2').isInteger() && quantity('2').asInteger() == 2",
  "url('https://u@ex.com:80/a%20b?k=v&k=w').getHost() == 'ex.com:80'",
  "url('https://[::1]:80/').getHostname() == '::1' && url('https://a/?k=v').getQuery() == {'k': ['v']}",
  "isURL('/path') && !isURL('../up') && url('/p').getEscapedPath() == '/p'",
  "ip('192.168.0.1').family() == 4 && ip('::1').isLoopback() && !isIP('1.2.3.256')",
  "ip.isCanonical('2001:db8::1') && !ip.isCanonical('2001:DB8::1')",
  "cidr('10.0.0.0/8').containsIP('10.1.2.3') && cidr('10.0.0.0/8').containsCIDR(cidr('10.1.0.0/16'))",
  "cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8') && cidr('10.0.0.0/8').prefixLength() == 8",
  "format.dns1123Label().validate('ok') == optional.none()",
  "format.named('dns1123Label').hasValue() && format.dns1123Label().validate('NO').hasValue()",
  "semver('1.2.3').isLessThan(semver('1.10.0')) && semver('v1.2', true).major() == 1",
  "semver('1.0.0-alpha').compareTo(semver('1.0.0')) == -1 && !isSemver('1.2')",
  'optional.of(1).orValue(2) == 1 && optional.none().orValue(2) == 2',
  'object.?spec.?missing.orValue(5) == 5 && object.?spec.?replicas.orValue(5) == 2',
  "self.labels[?'app'].optMap(a, a + '!').orValue('') == 'web!'",
  "[1, ?optional.none(), ?optional.of(3)] == [1, 3] && {?'a': optional.none()} == {}",
  "optional.ofNonZeroValue('').hasValue() == false",
  'strings.quote(\'a"b\') == \'"a\\\\"b"\'',
]

test('expressions that are true', () => {
  const wrong = truths.filter((source) => evaluate(source) !== true)
  assert.deepEqual(wrong, [])
})

test('mistakes are told in the words of cel-go', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['y', ["undeclared reference to 'y' (in container '')"]],
    ['f(1)', ["undeclared reference to 'f' (in container '')"]],
    ["1 + 'a'", ["found no matching overload for '_+_' applied to '(int, string)'"]],
    ["x == 'a'", ["found no matching overload for '_==_' applied to '(int, string)'"]],
    ['x.contains("a")', ["found no matching overload for 'contains' applied to 'int.(string)'"]],
    ['self.none', ["undefined field 'none'"]],
    ['x.y', ["type 'int' does not support field selection"]],
    ['x && true', ["found no matching overload for '_&&_' applied to '(int, bool)'"]],
    [
      'x.all(i, true)',
      [
        "expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)",
      ],
    ],
    ["[1, 'a']", ["expected type 'int' but found 'string'"]],
    [
      'y + z',
      [
        "undeclared reference to 'y' (in container '')",
        "undeclared reference to 'z' (in container '')",
      ],
    ],
    [
      '1 +',
      [
        "Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
      ],
    ],
    ['x x', ["Syntax error: extraneous input 'x' expecting <EOF>"]],
    ['has(x)', ['invalid argument to has() macro']],
    ['9223372036854775808', ['invalid int literal']],
  ]
  for (const [source, expected] of cases) assert.deepEqual(mistakes(source), expected, source)
})

test('a mistake shows its place', () => {
  const program = compileCel('true &&\n  y > 1', declarations)
  assert.ok('errors' in program)
  assert.deepEqual(program.errors, [
    {
      line: 2,
      column: 3,
      message: "undeclared reference to 'y' (in container '')",
      text: "ERROR: <input>:2:3: undeclared reference to 'y' (in container '')\n |   y > 1\n | ..^",
    },
  ])
})

test('evaluations fail in the words of cel-go', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['object.foo', 'no such key: foo'],
    ["self.labels['foo']", 'no such key: foo'],
    ['[1][5]', 'index out of bounds: 5'],
    ['1 / 0', 'division by zero'],
    ['1 % 0', 'modulus by zero'],
    ['9223372036854775807 + 1', 'integer overflow'],
    ['0u - 1u', 'unsigned integer overflow'],
    ["object.spec.replicas + dyn('a') == 1", 'no such overload'],
    ['optional.none().value()', 'optional.none() dereference'],
    ["int('x')", 'strconv.ParseInt: parsing "x": invalid syntax'],
    ['object.spec.list.all(i, i.foo == 1)', 'no such overload'],
  ]
  for (const [source, expected] of cases) assert.equal(failure(source), expected, source)
})

test('an evaluation ends when its cost exceeds the limit', () => {
  assert.throws(() => evaluate('names.all(a, names.all(b, names.all(c, a != "z")))', 50), CostError)
  const program = compileCel('x + 1 == 8', declarations)
  assert.ok('evaluate' in program)
  let spent = 0
  program.evaluate({ x: 7 }, { costLimit: 10, onCost: (cost) => (spent = cost) })
  assert.equal(spent, 3)
})

test('a program knows what it yields', () => {
  const typeOf = (source: string) => {
    const program = compileCel(source, declarations)
    return 'errors' in program ? '' : typeText(program.resultType)
  }
  assert.equal(typeOf('x > 1'), typeText(bool))
  assert.equal(typeOf('self.ports.map(p, p.port)'), 'list(int)')
  assert.equal(typeOf("{'a': 1}"), 'map(string, int)')
  assert.equal(typeOf('object.spec'), 'dyn')
  assert.equal(typeOf('optional.of(1)'), 'optional_type(int)')
})

test('values become JSON', () => {
  assert.deepEqual(
    toJson(evaluate("{'a': dyn([dyn(1), dyn(2.5), dyn(true), null]), 'b': dyn(self.made)}")),
    {
      a: [1, 2.5, true, null],
      b: '2026-02-03T04:05:06.5Z',
    },
  )
})

test('an authorizer is asked about resources and paths', () => {
  const asked: string[] = []
  const authorize: Authorize = ({ verb, group, resource, namespace, path, serviceAccount }) => {
    asked.push([verb, group, resource, namespace, path, serviceAccount].join(' '))
    return { allowed: verb === 'get', reason: 'because' }
  }
  const program = compileCel(
    "authorizer.group('apps').resource('deployments').namespace('prod').check('get').allowed() &&" +
      " authorizer.serviceAccount('default', 'bot').path('/healthz').check('post').reason() == 'because' &&" +
      " authorizer.requestResource.check('get').allowed()",
    {
      variables: {
        authorizer: authorizerType,
        'authorizer.requestResource': resourceCheckType,
      },
    },
  )
  assert.ok('evaluate' in program)
  const bindings = {
    authorizer: authorizerValue(authorize),
    'authorizer.requestResource': resourceCheckValue(authorize, { resource: 'pods' }),
  }
  assert.equal(program.evaluate(bindings, { costLimit: 1e9 }), true)
  assert.deepEqual(asked, [
    'get apps deployments prod  ',
    'post    /healthz system:serviceaccount:default:bot',
    'get  pods   ',
  ])
})

test('huge and deep expressions are refused, and huge results fail', () => {
  const deep = `${'('.repeat(300)}1${')'.repeat(300)} == 1`
  assert.deepEqual(mistakes(deep), ['expression recursion limit exceeded: 250'])
  assert.deepEqual(mistakes(`object${'.a'.repeat(20_000)} == 1`), [
    'expression exceeds 5000 operations',
  ])
  assert.deepEqual(mistakes(`1${' + 1'.repeat(1000)} == 1`), ['expression is nested too deeply'])
  assert.deepEqual(mistakes(`1${' '.repeat(100_000)}`), [
    'expression code point size exceeds limit: size: 100001, limit 100000',
  ])
  assert.equal(
    failure("'%.500f'.format([1.5]) == ''"),
    'toFixed() digits argument must be between 0 and 100',
  )
  const doubled = Array.from({ length: 60 }, () => 'cel.bind(l, l + l, ').join('')
  const bomb = `cel.bind(l, [1], ${doubled}l.size()${')'.repeat(60)})`
  assert.throws(() => evaluate(bomb, 1_000_000), CostError)
})

test('whatever the text, it is refused or runs, and fails only as CEL fails', () => {
  const pieces = [
    ...'self object x names . ?. [ ] ( ) { } , : ? + - * / % == != < && || ! in'.split(' '),
    ...["'a'", "b'\\xff'", '1', '2u', '0.5', 'null', 'true', 'map(', 'all(i,', 'has(', '"', '`a`'],
    ...['.replicas', '.spec', '.size()', 'optional.none()', 'Object{', 'cel.bind(v,', '.format('],
  ]
  const text = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((all) => all.join(' '))
  const check = fc.property(text, (source) => {
    const program = compileCel(source, declarations)
    if ('errors' in program) return program.errors.length > 0
    try {
      program.evaluate(bindings, { costLimit: 10_000 })
    } catch (error) {
      assert.ok(error instanceof CelError, source)
    }
    return true
  })
  fc.assert(check, { seed: 1, numRuns: 5000 })
})

test('lists are cut, sorted, flattened and made distinct', () => {
  const truths = [
    '[3, 1, 2].sort() == [1, 2, 3]',
    "['b', 'a'].sortBy(x, x) == ['a', 'b']",
    "[{'n': 2}, {'n': 1}].sortBy(x, x.n).map(x, x.n) == [1, 2]",
    '[1, 2, 3, 4].slice(1, 3) == [2, 3]',
    '[[1], [2, 3]].flatten() == [1, 2, 3]',
    '[[[1]], [[2]]].flatten(2) == [1, 2]',
    '[1, 2, 1].distinct() == [1, 2]',
    '[1, 2].reverse() == [2, 1]',
    'lists.range(3) == [0, 1, 2]',
    '[1, 2].first().value() == 1 && [1, 2].last().value() == 2',
    'optional.unwrap([optional.of(1), optional.none()]) == [1]',
    "{'a': 1}.transformMapEntry(k, v, {v: k}) == {1: 'a'}",
  ]
  for (const truth of truths) assert.equal(evaluate(truth), true, truth)
  assert.equal(failure('[1].slice(0, 2) == []'), 'cannot slice(0, 2), list is length 1')
})
