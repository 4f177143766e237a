import assert from 'node:assert/strict'
import { test } from 'node:test'
import type {
  FlowSchema,
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfiguration,
} from '../../api/types.gen.ts'
import { testClock } from '../../lib/clock.ts'
import type { UserInfo } from '../request.ts'
import { parseRequestInfo } from '../request-info.ts'
import { FlowControl } from './flow-control.ts'

const apiVersion = 'flowcontrol.apiserver.k8s.io/v1'

function level(
  name: string,
  limited: LimitedPriorityLevelConfiguration | 'exempt',
): PriorityLevelConfiguration {
  const spec =
    limited === 'exempt'
      ? { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }
      : { type: 'Limited', limited }
  return { apiVersion, kind: 'PriorityLevelConfiguration', metadata: { name, uid: name }, spec }
}

/** Requests of users whose names begin so are in the level of that name, a flow each. */
function schema(name: string): FlowSchema {
  return {
    apiVersion,
    kind: 'FlowSchema',
    metadata: { name, uid: `${name}-schema` },
    spec: {
      priorityLevelConfiguration: { name },
      matchingPrecedence: 100,
      distinguisherMethod: { type: 'ByUser' },
      rules: [
        {
          subjects: [{ kind: 'Group', group: { name } }],
          nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
        },
      ],
    },
  }
}

const reject = { type: 'Reject' }
const queue = (queueLengthLimit: number, queues = 16, handSize = 2) => ({
  type: 'Queue',
  queuing: { queues, handSize, queueLengthLimit },
})

function world(seats: number, levels: readonly PriorityLevelConfiguration[]) {
  const clock = testClock()
  const control = new FlowControl({ seats, longestWaitMs: 15_000, clock })
  for (const current of levels) {
    control.changeLevel({ current })
    control.changeSchema({ current: schema(current.metadata.name) })
  }
  const info = parseRequestInfo('GET', '/version', new URLSearchParams())
  const order: string[] = []
  /** A request of GROUP/USER that runs until its `finish`. */
  function ask(who: string, seatsWanted = 1, signal = new AbortController().signal) {
    const [group = ''] = who.split('/')
    const user: UserInfo = { name: who, groups: [group] }
    const flow = control.flowOf(user, info)
    assert.ok(flow)
    const text = flow.schema.flowOf(user, info)
    const finish = (charge?: (ms: number) => void) => () => {
      charge?.(10)
      control.finish(flow, seatsWanted, 10)
    }
    if (control.tryStart(flow, seatsWanted)) {
      order.push(who)
      return Promise.resolve(finish())
    }
    return control.wait(flow, seatsWanted, { text, signal }).then((charge) => {
      order.push(who)
      return finish(charge)
    })
  }
  const counts = (name: string) => control.flows().find((flow) => flow.level.name === name)?.counts
  return { control, clock, ask, order, counts }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

test('seats are shared by the shares of levels, rounded up', () => {
  const { control } = world(600, [
    level('a', { nominalConcurrencyShares: 5, limitResponse: reject }),
    level('b', { nominalConcurrencyShares: 30, lendablePercent: 33, limitResponse: reject }),
    level('c', {
      nominalConcurrencyShares: 210,
      borrowingLimitPercent: 10,
      limitResponse: reject,
    }),
  ])
  assert.deepEqual(
    control.levels().map(({ limits }) => limits),
    [
      { nominal: 13, lendable: 0, most: Infinity },
      { nominal: 74, lendable: 24, most: Infinity },
      { nominal: 515, lendable: 0, most: 567 },
    ],
  )
})

test('a level without queues refuses what it has no seat for', async () => {
  const { ask, counts } = world(2, [level('a', { limitResponse: reject })])
  const finish = await ask('a/1')
  await ask('a/2')
  await assert.rejects(ask('a/3'), {
    reason: 'TooManyRequests',
    message: 'Too many requests, please try again later.',
    details: { retryAfterSeconds: 1 },
  })
  finish()
  await ask('a/4')
  assert.deepEqual([...(counts('a')?.refused ?? [])], [['concurrency-limit', 1]])
})

test('an exempt level is never full', async () => {
  const { ask } = world(1, [level('a', 'exempt'), level('b', { limitResponse: reject })])
  for (let count = 0; count < 20; count++) await ask('a/1')
  await ask('b/1')
})

test('a level borrows what others lend, and no more; the lender gets it back', async () => {
  const { ask, order } = world(20, [
    level('borrower', { nominalConcurrencyShares: 1, limitResponse: reject }),
    level('lender', {
      nominalConcurrencyShares: 1,
      lendablePercent: 50,
      limitResponse: queue(10),
    }),
  ])
  const running: (() => void)[] = []
  for (let count = 0; count < 15; count++) running.push(await ask('borrower/1'))
  await assert.rejects(ask('borrower/1'), { reason: 'TooManyRequests' })
  // What it keeps is the lender's at once; what it lent comes as borrowers finish.
  for (let count = 0; count < 5; count++) await ask('lender/kept')
  const back = ask('lender/back')
  await settled()
  assert.equal(order.includes('lender/back'), false)
  running.pop()?.()
  await back
  await assert.rejects(ask('borrower/1'), { reason: 'TooManyRequests' })
})

test('a borrower stays below its limit', async () => {
  const { ask } = world(20, [
    level('a', {
      nominalConcurrencyShares: 1,
      borrowingLimitPercent: 10,
      limitResponse: reject,
    }),
    level('b', { nominalConcurrencyShares: 1, lendablePercent: 100, limitResponse: reject }),
  ])
  for (let count = 0; count < 11; count++) await ask('a/1')
  await assert.rejects(ask('a/1'), { reason: 'TooManyRequests' })
})

test('flows of one level take turns, however many requests one of them has', async () => {
  const { ask, order } = world(1, [level('a', { limitResponse: queue(100, 64, 4) })])
  const running = [await ask('a/first')]
  const asked = [...Array.from({ length: 10 }, () => 'a/greedy'), 'a/modest', 'a/modest']
  for (const who of asked) void ask(who).then((finish) => running.push(finish))
  for (let finish = running.pop(); finish; finish = running.pop()) {
    finish()
    await settled()
  }
  assert.equal(order.length, 13)
  assert.ok(order.lastIndexOf('a/modest') <= 9, order.join(' '))
  assert.ok(order.indexOf('a/modest') <= 5, order.join(' '))
})

test('a flow that fills its queues is refused, another is not', async () => {
  const { ask, counts } = world(1, [level('a', { limitResponse: queue(2, 64, 2) })])
  await ask('a/first')
  const greedy = Array.from({ length: 6 }, () => ask('a/greedy').then(String, (error) => error))
  await settled()
  const modest = ask('a/modest')
  modest.catch(() => {})
  await settled()
  assert.equal(counts('a')?.refused.get('queue-full'), 2)
  assert.equal(counts('a')?.queued, 5)
  assert.ok(greedy.length === 6)
})

test('who waits too long is refused, and who goes away waits no longer', async () => {
  const { ask, clock, counts } = world(1, [level('a', { limitResponse: queue(10) })])
  const finish = await ask('a/first')
  const late = ask('a/late')
  const gone = new AbortController()
  const left = ask('a/left', 1, gone.signal)
  gone.abort()
  await assert.rejects(left, { reason: 'TooManyRequests' })
  clock.advance(15_000)
  await assert.rejects(late, { reason: 'TooManyRequests' })
  assert.deepEqual(
    [...(counts('a')?.refused ?? [])],
    [
      ['cancelled', 1],
      ['time-out', 1],
    ],
  )
  assert.equal(counts('a')?.queued, 0)
  finish()
  await ask('a/next')
})

test('a request wider than its level goes alone', async () => {
  const { ask, order } = world(4, [level('a', { limitResponse: queue(10, 1, 1) })])
  const finish = await ask('a/small')
  const wide = ask('a/wide', 10)
  const behind = ask('a/behind')
  await settled()
  assert.deepEqual(order, ['a/small'])
  finish()
  const finishWide = await wide
  await settled()
  assert.deepEqual(order, ['a/small', 'a/wide'])
  finishWide()
  await behind
})

test('a level that changes keeps who runs and who waits', async () => {
  const { ask, control, order } = world(1, [level('a', { limitResponse: queue(10) })])
  const finish = await ask('a/first')
  const waiting = ask('a/second')
  await settled()
  control.changeLevel({ current: level('a', { limitResponse: queue(10, 8, 1) }) })
  const later = ask('a/third')
  await settled()
  finish()
  ;(await waiting)()
  ;(await later)()
  assert.deepEqual(order, ['a/first', 'a/second', 'a/third'])
})

test('a schema whose level is missing is passed over', () => {
  const { control } = world(1, [level('a', { limitResponse: reject })])
  const dangling = { ...schema('a'), metadata: { name: 'b', uid: 'b' } }
  const spec = { ...dangling.spec, matchingPrecedence: 1 }
  control.changeSchema({
    current: { ...dangling, spec: { ...spec, priorityLevelConfiguration: { name: 'none' } } },
  })
  const info = parseRequestInfo('GET', '/version', new URLSearchParams())
  const flow = control.flowOf({ name: 'x', groups: ['a'] }, info)
  assert.deepEqual(flow?.headers, {
    'x-kubernetes-pf-flowschema-uid': 'a-schema',
    'x-kubernetes-pf-prioritylevel-uid': 'a',
  })
})
