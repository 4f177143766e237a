import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContainerStatus } from '../../api/types.gen.ts'
import { parseLogLine } from './log-line.ts'
import { logContainer, logOptions } from './log-options.ts'
import { matchPath } from './routes.ts'

function status(more: Partial<ContainerStatus>): ContainerStatus {
  return { name: 'web', image: '', imageID: '', ready: false, restartCount: 0, ...more }
}

const ended = (id: string) => ({ terminated: { exitCode: 1, containerID: `crun://${id}` } })

test('the life whose log is meant, or why there is none', () => {
  const running = status({
    state: { running: {} },
    containerID: 'crun://two',
    lastState: ended('one'),
  })
  const looping = status({
    state: { waiting: { reason: 'CrashLoopBackOff' } },
    lastState: ended('one'),
  })
  const waiting = (reason: string) => status({ state: { waiting: { reason } } })
  const cases = [
    [running, false, { id: 'two' }],
    [running, true, { id: 'one' }],
    [looping, false, { id: 'one' }],
    [status({ state: ended('three') }), false, { id: 'three' }],
    [
      waiting('ContainerCreating'),
      false,
      'container "web" in pod "app" is waiting to start: ContainerCreating',
    ],
    [
      waiting('ErrImagePull'),
      false,
      `container "web" in pod "app" is waiting to start: image can't be pulled`,
    ],
    [
      waiting('ImagePullBackOff'),
      false,
      'container "web" in pod "app" is waiting to start: trying and failing to pull image',
    ],
    [
      waiting('ContainerCreating'),
      true,
      'previous terminated container "web" in pod "app" not found',
    ],
  ] as const
  for (const [given, previous, expected] of cases)
    assert.deepEqual(logContainer('app', given, previous), expected)
})

test('options come from the query', () => {
  const ask = (query: string) => logOptions(new URLSearchParams(query), 100_000)
  const none = { follow: false, previous: false, timestamps: false, stream: 'All' }
  assert.deepEqual(ask(''), none)
  assert.deepEqual(ask('follow=true&tailLines=0&sinceSeconds=10&stream=Stderr'), {
    ...none,
    follow: true,
    tailLines: 0,
    sinceMs: 90_000,
    stream: 'Stderr',
  })
  assert.equal(ask('sinceTime=1970-01-01T00:00:05Z').sinceMs, 5000)
})

test('a line of the log in CRI’s format', () => {
  const time = '2026-01-01T00:00:00.000000001Z'
  assert.deepEqual(parseLogLine(`${time} stderr F a  b`), {
    time,
    stream: 'stderr',
    content: 'a  b\n',
  })
  assert.deepEqual(parseLogLine(`${time} stdout P half`), {
    time,
    stream: 'stdout',
    content: 'half',
  })
  assert.deepEqual(parseLogLine(`${time} stdout F `), { time, stream: 'stdout', content: '\n' })
  assert.equal(parseLogLine('no log'), undefined)
})

test('paths name Pods, containers and uids', () => {
  const path = '/exec/shop/web-0/u1/main'
  assert.deepEqual(matchPath('exec/{namespace}/{pod}/{uid}/{container}', path), {
    namespace: 'shop',
    pod: 'web-0',
    uid: 'u1',
    container: 'main',
  })
  assert.equal(matchPath('exec/{namespace}/{pod}/{container}', path), undefined)
})
