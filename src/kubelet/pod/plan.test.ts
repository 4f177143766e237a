import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PodSpec } from '../../api/types.gen.ts'
import { type PodAction, planPod } from './plan.ts'
import { container, life, nowMs, observed, sandbox, testPod, type World } from './test-observed.ts'

/** Actions as short text. */
function ask(world: World): readonly string[] {
  return planPod(observed(world)).actions.map(text)
}

function text(action: PodAction): string {
  switch (action.type) {
    case 'startContainer':
      return `start ${action.name} ${action.attempt}`
    case 'killContainer':
      return `kill ${action.id} ${action.graceSeconds}s: ${action.message}`
    case 'createSandbox':
      return `create sandbox ${action.attempt}`
    case 'finish':
      return action.deletes ? 'finish and delete' : 'finish'
    case 'mountVolumes':
    case 'forget':
      return action.type
    default:
      return `${action.type} ${action.id}`
  }
}

const deleting = {
  metadata: {
    name: 'app',
    deletionTimestamp: '2026-01-01T00:59:59Z',
    deletionGracePeriodSeconds: 30,
  },
}
const isStarting = { starting: new Set(['web']) }

test('volumes come first, then the sandbox, then containers', () => {
  const none = { sandboxes: [] }
  assert.deepEqual(ask({ ...none, memory: { volumesMounted: false } }), ['mountVolumes'])
  assert.deepEqual(ask({ ...none, busy: { volumes: true } }), [])
  assert.deepEqual(ask(none), ['create sandbox 0'])
  assert.deepEqual(ask({ ...none, busy: { sandbox: true } }), [])
  assert.deepEqual(ask({}), ['start web 0'])
  assert.deepEqual(ask({ busy: isStarting }), [])
  assert.deepEqual(ask({ containers: [life('web')] }), [])
})

test('what could not be had is not asked for again before its time', () => {
  const late = { sandboxes: [], memory: { podRetryAtMs: nowMs + 500 } }
  assert.deepEqual(ask(late), [])
  assert.equal(planPod(observed(late)).lookAgainAtMs, nowMs + 500)
})

test('containers start in order, one at a time', () => {
  const pod = testPod({ containers: [container('a'), container('b')] })
  assert.deepEqual(ask({ pod }), ['start a 0'])
  assert.deepEqual(ask({ pod, busy: { starting: new Set(['a']) } }), [])
  assert.deepEqual(ask({ pod, containers: [life('a')] }), ['start b 0'])
})

test('a container that failed to start does not hold back the next', () => {
  const pod = testPod({ containers: [container('a'), container('b')] })
  const failure = { reason: 'ErrImagePull', message: 'no', atMs: nowMs, retryAtMs: nowMs + 10_000 }
  assert.deepEqual(ask({ pod, memory: { failures: new Map([['a', failure]]) } }), ['start b 0'])
})

const withInit: Partial<PodSpec> = {
  initContainers: [container('one'), container('two')],
  containers: [container('web')],
}

test('init containers run to their end, one after the other', () => {
  const pod = testPod(withInit)
  assert.deepEqual(ask({ pod }), ['start one 0'])
  assert.deepEqual(ask({ pod, containers: [life('one')] }), [])
  const one = life('one', { exitCode: 0 })
  assert.deepEqual(ask({ pod, containers: [one] }), ['start two 0'])
  assert.deepEqual(ask({ pod, containers: [one, life('two', { exitCode: 0 })] }), ['start web 0'])
  assert.deepEqual(ask({ pod, containers: [one, life('two', { exitCode: 1 })] }), ['start two 1'])
})

test('a failed init container ends a Pod that is never restarted', () => {
  const pod = testPod({ ...withInit, restartPolicy: 'Never' })
  const containers = [life('one', { exitCode: 1 })]
  assert.deepEqual(ask({ pod, containers }), ['stopSandbox sandbox0'])
  const stopped = [sandbox(0, 'NOTREADY')]
  assert.deepEqual(ask({ pod, containers, sandboxes: stopped }), ['finish'])
})

test('a sidecar must have started before the next, and starts again whatever it ended with', () => {
  const proxy = container('proxy', { restartPolicy: 'Always' })
  const pod = testPod({ initContainers: [proxy], containers: [container('web')] })
  assert.deepEqual(ask({ pod }), ['start proxy 0'])
  const containers = [life('proxy', { spec: proxy })]
  assert.deepEqual(ask({ pod, containers, probes: { started: () => false } }), [])
  assert.deepEqual(ask({ pod, containers }), ['start web 0'])
  const ended = [life('web'), life('proxy', { exitCode: 0 })]
  assert.deepEqual(ask({ pod, containers: ended }), ['start proxy 1'])
})

test('init containers run again in a new sandbox, ended containers keep counting', () => {
  const pod = testPod(withInit)
  const old = ['one', 'two', 'web'].map((name) => life(name, { exitCode: 0 }))
  const sandboxes = [sandbox(1), sandbox(0, 'NOTREADY')]
  assert.deepEqual(ask({ pod, sandboxes, containers: old }), ['start one 1'])
})

test('a lost sandbox is replaced, its containers first', () => {
  const sandboxes = [sandbox(0, 'NOTREADY')]
  assert.deepEqual(ask({ sandboxes, containers: [life('web')] }), ['stopSandbox sandbox0'])
  assert.deepEqual(ask({ sandboxes, containers: [life('web', { exitCode: 137 })] }), [
    'create sandbox 1',
  ])
})

test('restarts follow the policy of the Pod', () => {
  const cases = [
    ['Always', 0, ['start web 1']],
    ['Always', 1, ['start web 1']],
    ['OnFailure', 0, ['stopSandbox sandbox0']],
    ['OnFailure', 1, ['start web 1']],
    ['Never', 1, ['stopSandbox sandbox0']],
  ] as const
  for (const [restartPolicy, exitCode, expected] of cases) {
    const pod = testPod({ restartPolicy })
    assert.deepEqual(ask({ pod, containers: [life('web', { exitCode })] }), expected)
  }
})

test('a rule for its exit code wins over the policy', () => {
  const rule = { action: 'Restart', exitCodes: { operator: 'In', values: [42] } }
  const web = container('web', { restartPolicy: 'Never', restartPolicyRules: [rule] })
  const pod = testPod({ containers: [web], restartPolicy: 'Always' })
  assert.deepEqual(ask({ pod, containers: [life('web', { exitCode: 42 })] }), ['start web 1'])
  assert.deepEqual(ask({ pod, containers: [life('web', { exitCode: 1 })] }), [
    'stopSandbox sandbox0',
  ])
})

test('a crash loop waits, and says so', () => {
  const world = {
    containers: [life('web', { exitCode: 1, agoMs: 5000 })],
    memory: { backOffs: new Map([['web', { delayMs: 20_000, updatedAtMs: nowMs - 6000 }]]) },
  }
  const plan = planPod(observed(world))
  assert.deepEqual(plan.actions, [])
  assert.deepEqual(plan.waiting.get('web'), {
    reason: 'CrashLoopBackOff',
    message: 'back-off 20s restarting failed container=web pod=app_default(u1)',
  })
  assert.equal(plan.lookAgainAtMs, nowMs + 15_000)
})

test('the wait doubles up to five minutes and is forgotten after a long good run', () => {
  const next = (delayMs: number, updatedAgoMs: number) => {
    const [action] = planPod(
      observed({
        containers: [life('web', { exitCode: 1, agoMs: 300_000 })],
        memory: { backOffs: new Map([['web', { delayMs, updatedAtMs: nowMs - updatedAgoMs }]]) },
      }),
    ).actions
    return action?.type === 'startContainer' ? action.backOff?.delayMs : undefined
  }
  assert.equal(next(10_000, 301_000), 20_000)
  assert.equal(next(160_000, 301_000), 300_000)
  assert.equal(next(160_000, 300_000 + 600_001), 10_000)
})

test('a failed probe restarts its container with its own grace', () => {
  const world = { containers: [life('web')] }
  const failed = { failed: () => ({ probe: 'liveness' as const, graceSeconds: 5 }) }
  assert.deepEqual(ask({ ...world, probes: failed }), [
    'kill web-0 5s: Container web failed liveness probe, will be restarted',
  ])
  const killing = { killing: new Map([['web-0', nowMs + 5000]]) }
  assert.deepEqual(ask({ ...world, probes: failed, busy: killing }), [])
})

test('a container whose image changed is replaced', () => {
  const pod = testPod({ containers: [container('web', { image: 'nginx:1.23' })] })
  assert.deepEqual(ask({ pod, containers: [life('web')] }), [
    'kill web-0 30s: Container web definition changed, will be restarted',
  ])
})

test('a deleted Pod ends: containers, sandbox, volumes, object', () => {
  const pod = testPod({}, deleting)
  assert.deepEqual(ask({ pod, containers: [life('web')] }), [
    'kill web-0 30s: Stopping container web',
  ])
  const killing = { killing: new Map([['web-0', nowMs + 30_000]]) }
  assert.deepEqual(ask({ pod, containers: [life('web')], busy: killing }), [])
  const ended = [life('web', { exitCode: 143 })]
  assert.deepEqual(ask({ pod, containers: ended }), ['stopSandbox sandbox0'])
  const stopped = { pod, containers: ended, sandboxes: [sandbox(0, 'NOTREADY')] }
  assert.deepEqual(ask(stopped), ['finish and delete'])
  assert.deepEqual(ask({ ...stopped, memory: { ended: 'deleted' } }), [])
  assert.deepEqual(ask({ ...stopped, isGone: true }), [
    'removeContainer web-0',
    'removeSandbox sandbox0',
    'forget',
  ])
})

test('a shorter grace overtakes a kill under way', () => {
  const metadata = { ...deleting.metadata, deletionGracePeriodSeconds: 1 }
  const pod = testPod({}, { metadata })
  const killing = { killing: new Map([['web-0', nowMs + 30_000]]) }
  assert.deepEqual(ask({ pod, containers: [life('web')], busy: killing }), [
    'kill web-0 1s: Stopping container web',
  ])
})

test('sidecars end after the others, the last started first', () => {
  const sidecar = (name: string) => container(name, { restartPolicy: 'Always' })
  const pod = testPod({ initContainers: [sidecar('a'), sidecar('b')] }, deleting)
  const ab = [life('a'), life('b')]
  assert.deepEqual(ask({ pod, containers: [...ab, life('web')] }), [
    'kill web-0 30s: Stopping container web',
  ])
  assert.deepEqual(ask({ pod, containers: ab }), ['kill b-0 30s: Stopping container b'])
})

test('an end waits for what is being started', () => {
  const pod = testPod({}, deleting)
  assert.deepEqual(ask({ pod, busy: isStarting }), [])
})

test('a Pod past its deadline ends', () => {
  const pod = testPod(
    { activeDeadlineSeconds: 60 },
    { status: { startTime: '2026-01-01T00:59:00Z' } },
  )
  assert.deepEqual(ask({ pod, containers: [life('web')] }), [
    'kill web-0 30s: Stopping container web',
  ])
})

test('of dead containers the last of each name is kept, and sandboxes that hold one', () => {
  const containers = [
    life('web', { attempt: 3, sandbox: 2 }),
    life('web', { attempt: 2, exitCode: 1, sandbox: 1 }),
    life('web', { attempt: 1, exitCode: 1, sandbox: 0 }),
  ]
  const sandboxes = [sandbox(2), sandbox(1, 'NOTREADY'), sandbox(0, 'NOTREADY')]
  assert.deepEqual(ask({ containers, sandboxes }), [
    'removeContainer web-1',
    'removeSandbox sandbox0',
  ])
})

test('an ephemeral container starts beside the others and never again', () => {
  const pod = testPod({ ephemeralContainers: [container('debug')] })
  assert.deepEqual(ask({ pod, containers: [life('web')] }), ['start debug 0'])
  const ended = [life('debug', { exitCode: 1 }), life('web')]
  assert.deepEqual(ask({ pod, containers: ended }), [])
})

test('volumes of a running Pod are brought up to date when they are due', () => {
  const world = { containers: [life('web')] }
  assert.deepEqual(ask({ ...world, memory: { volumesRefreshAtMs: 0 } }), ['mountVolumes'])
  const later = planPod(observed({ ...world, memory: { volumesRefreshAtMs: nowMs + 9000 } }))
  assert.equal(later.lookAgainAtMs, nowMs + 9000)
})
