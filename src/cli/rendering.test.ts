import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { folderAt } from '../cluster/folders.ts'
import { planCluster } from '../cluster/plan-cluster.ts'
import { bytes, renderColumns } from './columns.ts'
import { durationMs } from './life-options.ts'
import { streamOutput } from './output.ts'
import { renderCompletion } from './render-completion.ts'
import { renderImages } from './render-images.ts'
import { renderNext } from './render-next.ts'
import { renderStatus, statusOf } from './render-status.ts'
import { verbs } from './verbs.ts'

test('columns are as wide as their widest cell, and the last has no padding', () => {
  assert.equal(
    renderColumns(
      ['NAME', 'STATUS'],
      [
        ['sampan', 'running'],
        ['a', 'stopped'],
      ],
    ),
    'NAME     STATUS\nsampan   running\na        stopped',
  )
})

test('sizes are told in the unit that fits', () => {
  const sizes = [0, 999, 1000, 50_534_400, 282_705_920, 5e12]
  assert.deepEqual(sizes.map(bytes), ['0 B', '999 B', '1.0 kB', '50.5 MB', '283 MB', '5.0 TB'])
})

test('durations are written as kubectl takes them', () => {
  assert.deepEqual(
    ['90s', '2m', '1.5h', '250ms', '7'].map(durationMs),
    [90_000, 120_000, 5_400_000, 250, 7_000],
  )
  assert.throws(() => durationMs('soon'), /"soon" is no duration, e\.g\. 90s/)
})

test('an image has a line for each of its names', () => {
  const image = {
    id: 'sha256:0123456789abcdef',
    tags: ['b:1', 'a:1'],
    digests: [],
    sizeBytes: 1500,
  }
  assert.equal(
    renderImages([image, { ...image, tags: [] }]),
    [
      'IMAGE    ID              SIZE',
      '<none>   0123456789abc   1.5 kB',
      'a:1      0123456789abc   1.5 kB',
      'b:1      0123456789abc   1.5 kB',
    ].join('\n'),
  )
})

test('a running cluster is shown with its server, processes and nodes', () => {
  const { config } = planCluster({ name: 'c', nodes: 1 })
  const mark = { pid: 7, startTime: 1 }
  const view = {
    name: 'c',
    folder: folderAt('/home/u/clusters/c'),
    config,
    life: 'running' as const,
    state: {
      wanted: 'running' as const,
      porter: mark,
      holder: { pid: 8, startTime: 1 },
      parts: { agent: { pid: 9, startTime: 1, restarts: 2, isReady: true } },
      apiServerPort: 4000,
    },
  }
  const node = { name: 'c-control-plane', role: 'control-plane', address: '172.18.0.2' }
  assert.equal(
    renderStatus(statusOf(view, [{ ...node, status: 'Ready' }])),
    `cluster   c (running)
server    https://127.0.0.1:4000
context   sampan-c
files     /home/u/clusters/c

PROCESS   PID   RESTARTS
porter    7     0
holder    8     0
agent     9     2

NODE              STATUS   ROLE            ADDRESS
c-control-plane   Ready    control-plane   172.18.0.2`,
  )
  assert.deepEqual(statusOf({ ...view, life: 'stopped' }, []).processes, [])
})

test('what to type next names the cluster where it is not the usual one', () => {
  assert.match(renderNext('sampan'), /npx sampan status\. /)
  assert.match(renderNext('other'), /npx sampan status --name other\. /)
})

test('off a terminal there are plain lines, and nothing of what is only busy', () => {
  const written: string[] = []
  const stream = { write: (text: string) => written.push(text) }
  const out = streamOutput({ stdout: stream, stderr: stream })
  out.busy('starting')
  out.step('private network', 123)
  out.print('done')
  out.warn('careful')
  assert.deepEqual(written, ['✓ private network 0.12 s\n', 'done\n', 'warning: careful\n'])
})

test('on a terminal what is busy is replaced by what comes next', () => {
  const written: string[] = []
  const stream = { isTTY: true, write: (text: string) => written.push(text) }
  const out = streamOutput({ stdout: stream, stderr: stream })
  out.busy('starting')
  out.note('hello')
  assert.equal(written.at(-1), '\r\x1b[2Khello\n')
})

test('bash completes verbs, verbs of groups, and flags', (t) => {
  if (spawnSync('bash', ['-c', 'true']).status !== 0) return t.skip('bash is not on this machine')
  const script = renderCompletion('bash', verbs) ?? ''
  const complete = (...words: readonly string[]) => {
    const list = ['sampan', ...words].map((word) => `'${word}'`).join(' ')
    const ask = `COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _sampan; echo "\${COMPREPLY[@]}"`
    return spawnSync('bash', ['-c', `${script}\n${ask}`], { encoding: 'utf8' }).stdout.trim()
  }
  assert.equal(complete('sta'), 'start status')
  assert.equal(complete('image', ''), 'pull list remove')
  assert.equal(complete('up', '--no'), '--nodes')
  assert.equal(renderCompletion('csh', verbs), undefined)
})
