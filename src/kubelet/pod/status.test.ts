import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PodStatus } from '../../api/types.gen.ts'
import { planPod } from './plan.ts'
import { podStatus } from './status.ts'
import { statusPatch } from './status-patch.ts'
import { container, life, nowMs, observed, sandbox, testPod, type World } from './test-observed.ts'

function ask(world: World): PodStatus {
  const seen = observed(world)
  return podStatus(seen, planPod(seen).waiting, { address: '172.18.0.3', runtimeName: 'crun' })
}

/** phase, then each container's state as kubectl would name it. */
function brief(world: World): string {
  const { phase, containerStatuses = [] } = ask(world)
  const states = containerStatuses.map(({ name, state, ready }) => {
    const { running, waiting, terminated } = state ?? {}
    return `${name} ${running ? 'Running' : (waiting?.reason ?? terminated?.reason)}${ready ? ' ready' : ''}`
  })
  return [phase, ...states].join(', ')
}

function conditions(world: World): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (ask(world).conditions ?? []).map(({ type, status, reason = '', message = '' }) => [
      type,
      [status, reason, message].filter(Boolean).join(' '),
    ]),
  )
}

test('a Pod says where it is between its binding and its end', () => {
  const ended = { containers: [life('web', { exitCode: 0 })] }
  const failed = { containers: [life('web', { exitCode: 1 })] }
  const never = testPod({ restartPolicy: 'Never' })
  const isStarting = { starting: new Set(['web']) }
  const cases: readonly (readonly [World, string])[] = [
    [{ sandboxes: [] }, 'Pending, web ContainerCreating'],
    [{ busy: isStarting, containers: [life('web')] }, 'Pending, web ContainerCreating'],
    [{ containers: [life('web')] }, 'Running, web Running ready'],
    [{ containers: [life('web')], probes: { ready: () => false } }, 'Running, web Running'],
    [{ containers: [life('web')], probes: { started: () => false } }, 'Running, web Running'],
    [failed, 'Running, web Error'],
    [{ ...ended, pod: never }, 'Succeeded, web Completed'],
    [{ ...failed, pod: never }, 'Failed, web Error'],
    [
      { containers: [life('web', { exitCode: 137, reason: 'OOMKilled' })], pod: never },
      'Failed, web OOMKilled',
    ],
  ]
  for (const [world, expected] of cases) assert.equal(brief(world), expected)
})

test('a wait shows its reason, and the life before as last state', () => {
  const { containerStatuses: [web] = [] } = ask({
    containers: [life('web', { attempt: 2, exitCode: 1 })],
    memory: { backOffs: new Map([['web', { delayMs: 20_000, updatedAtMs: nowMs - 6000 }]]) },
  })
  assert.equal(web?.state?.waiting?.reason, 'CrashLoopBackOff')
  assert.equal(web?.restartCount, 2)
  assert.deepEqual(web?.lastState?.terminated, {
    exitCode: 1,
    reason: 'Error',
    startedAt: '2026-01-01T00:59:30Z',
    finishedAt: '2026-01-01T00:59:59Z',
    containerID: 'crun://web-2',
  })
})

test('a failed pull is shown as itself first and as a back-off then', () => {
  const failure = (agoMs: number) => ({
    reason: 'ErrImagePull',
    message: 'refused',
    atMs: nowMs - agoMs,
    retryAtMs: nowMs - agoMs + 10_000,
    afterwards: { reason: 'ImagePullBackOff', message: 'Back-off pulling image "nginx"' },
  })
  const world = (agoMs: number) => ({ memory: { failures: new Map([['web', failure(agoMs)]]) } })
  assert.equal(brief(world(1000)), 'Pending, web ErrImagePull')
  assert.equal(brief(world(5000)), 'Pending, web ImagePullBackOff')
})

test('init containers hold back the phase and are named in conditions', () => {
  const pod = testPod({ initContainers: [container('one'), container('two')] })
  const world = { pod, containers: [life('one', { exitCode: 0 }), life('two')] }
  assert.equal(brief(world), 'Pending, web PodInitializing')
  assert.deepEqual(conditions(world), {
    PodReadyToStartContainers: 'True',
    Initialized: 'False ContainersNotInitialized containers with incomplete status: [two]',
    Ready: 'False ContainersNotReady containers with unready status: [web]',
    ContainersReady: 'False ContainersNotReady containers with unready status: [web]',
    PodScheduled: 'True',
  })
  const { initContainerStatuses: [one] = [] } = ask(world)
  assert.deepEqual([one?.name, one?.ready, one?.started], ['one', true, true])
})

test('a readiness gate keeps a Pod from being ready', () => {
  const readinessGates = [{ conditionType: 'example.com/up' }]
  const world = { pod: testPod({ readinessGates }), containers: [life('web')] }
  assert.equal(
    conditions(world)['Ready'],
    'False ReadinessGatesNotReady corresponding condition of pod readiness gate "example.com/up" does not exist.',
  )
  assert.equal(conditions(world)['ContainersReady'], 'True')
  const status = { conditions: [{ type: 'example.com/up', status: 'True' }] }
  const open = testPod({ readinessGates }, { status })
  assert.equal(conditions({ ...world, pod: open })['Ready'], 'True')
})

test('a deleted Pod that has ended says how', () => {
  const metadata = { name: 'app', deletionTimestamp: '2026-01-01T00:59:00Z' }
  const pod = testPod({}, { metadata })
  assert.equal(brief({ pod, containers: [life('web')] }), 'Running, web Running ready')
  assert.equal(brief({ pod, containers: [life('web', { exitCode: 143 })] }), 'Failed, web Error')
  assert.equal(
    brief({ pod, containers: [life('web', { exitCode: 0 })] }),
    'Succeeded, web Completed',
  )
})

test('past its deadline a Pod fails with the reason', () => {
  const status = { startTime: '2026-01-01T00:00:00Z' }
  const pod = testPod({ activeDeadlineSeconds: 10 }, { status })
  const { phase, reason, message } = ask({ pod, containers: [life('web', { exitCode: 143 })] })
  assert.deepEqual(
    [phase, reason, message],
    ['Failed', 'DeadlineExceeded', 'Pod was active on the node longer than the specified deadline'],
  )
})

test('what ended stays ended', () => {
  const pod = testPod({}, { status: { phase: 'Failed', reason: 'Evicted', message: 'no room' } })
  const { phase, reason } = ask({ pod, sandboxes: [] })
  assert.deepEqual([phase, reason], ['Failed', 'Evicted'])
})

test('a Pod on its node’s network has the node’s address', () => {
  const { podIP, podIPs } = ask({ pod: testPod({ hostNetwork: true }) })
  assert.deepEqual([podIP, podIPs], ['172.18.0.3', [{ ip: '172.18.0.3' }]])
  assert.equal(ask({ sandboxes: [sandbox(0, 'NOTREADY')] }).podIP, undefined)
})

test('a patch names only what differs and leaves the conditions of others alone', () => {
  const wanted = ask({ containers: [life('web')] })
  const others = { type: 'example.com/up', status: 'True' }
  const times = { lastTransitionTime: '2026-01-01T00:00:00Z' }
  const status: PodStatus = {
    ...wanted,
    phase: 'Pending',
    conditions: [
      ...(wanted.conditions ?? []).map((condition) =>
        condition.type === 'Ready'
          ? { ...condition, ...times, status: 'False', reason: 'ContainersNotReady' }
          : { ...condition, ...times },
      ),
      others,
    ],
  }
  assert.deepEqual(statusPatch(testPod({}, { status }), wanted, nowMs), {
    metadata: { uid: 'u1' },
    status: {
      phase: 'Running',
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: null,
          lastTransitionTime: '2026-01-01T01:00:00Z',
        },
      ],
    },
  })
  const same = {
    ...status,
    phase: 'Running' as const,
    conditions:
      status.conditions?.map((it) =>
        it.type === 'Ready' ? { type: 'Ready', status: 'True', ...times } : it,
      ) ?? [],
  }
  assert.equal(statusPatch(testPod({}, { status: same }), wanted, nowMs), undefined)
})

test('new addresses replace old ones', () => {
  const wanted = ask({ containers: [life('web')] })
  const status = { ...wanted, podIP: '10.244.0.1', podIPs: [{ ip: '10.244.0.1' }] }
  assert.deepEqual(statusPatch(testPod({}, { status }), wanted, nowMs)?.status['podIPs'], [
    { $patch: 'replace' },
    { ip: '10.244.0.7' },
  ])
})
