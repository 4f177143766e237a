import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { Exec, KubeConfig, Log, PortForward, type V1Status } from '@kubernetes/client-node'
import { eventually, startCluster, type TestCluster } from '../scenarios/support/cluster.ts'
import { type Identity, identities } from '../scenarios/support/identity.ts'
import { findKubectls, type RunOptions, runClient } from './support/kubectls.ts'

// Streams between clients of every kind and a real container.

const pod = `
apiVersion: v1
kind: Pod
metadata: {name: box}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: main
      image: toolbox
      imagePullPolicy: IfNotPresent
      command: [sh, -c, "echo started; exec socat TCP-LISTEN:7000,fork,reuseaddr EXEC:cat"]
`

let identity: Identity
let cluster: TestCluster
const config = new KubeConfig()

before(async () => {
  const [make] = Object.values(identities())
  assert.ok(make)
  identity = await make()
  cluster = await startCluster(identity, {
    name: 'test-clients',
    flags: ['--nodes', '1'],
    images: ['toolbox'],
  })
  await cluster.apply(pod)
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/box', '--timeout=60s')
  await eventually(async () => assert.equal(await cluster.kubectl('logs', 'box'), 'started'))
  config.loadFromFile(kubeconfig())
})
after(async () => {
  await cluster?.down()
  await identity?.dispose()
})

const kubeconfig = () => join(identity.home, '.kube/config')

for (const { age, path, minor, missing } of await findKubectls()) {
  const run = (line: string, options?: RunOptions) =>
    runClient(identity.home, [path, ...line.split(' ')], {
      ...options,
      env: { KUBECONFIG: kubeconfig() },
    })
  const says = async (line: string, expected: string, options?: RunOptions) => {
    const { code, out, err } = await run(line, options)
    assert.deepEqual({ code, out }, { code: 0, out: expected }, `kubectl ${line}: ${err}`)
  }

  test(`${age}, 1.${minor}: log, exec, cp, attach, debug`, { skip: missing }, async () => {
    await says('logs box', 'started\n')
    await says('logs box --tail=1 --since=1h --limit-bytes=4', 'star')
    await says('exec box -- echo out', 'out\n')
    await says('exec -i box -- cat', 'through\n', { input: 'through\n' })
    assert.equal((await run('exec box -- test -e /nothing')).code, 1)
    assert.notEqual((await run('exec box -- no-such-program')).code, 0)
    cluster.file('big', 'x'.repeat(1 << 20))
    await says(`cp ${join(identity.home, 'big')} box:/tmp/big`, '')
    await says('exec box -- wc -c /tmp/big', `${1 << 20} /tmp/big\n`)
    const copy = join(identity.home, 'copy')
    const copied = await run(`cp box:/tmp/big ${copy}`)
    assert.equal(copied.code, 0, copied.err)
    assert.equal(readFileSync(copy).length, 1 << 20)
    if (minor < 25) return
    const debugged = await run(`debug box --image=toolbox -c peek${minor} --attach=false -- true`)
    assert.equal(debugged.code, 0, debugged.err)
    await eventually(async () => {
      const ended = '{.status.ephemeralContainerStatuses[*].state.terminated.exitCode}'
      assert.match(await cluster.kubectl('get', 'pod', 'box', '-o', `jsonpath=${ended}`), /0$/)
    })
  })
}

test('the client library for Node.js: exec with an exit code, log, port-forward', async () => {
  const out = new PassThrough()
  const err = new PassThrough()
  const command = ['sh', '-c', 'echo to-out; echo to-err >&2; exit 3']
  const status = await new Promise<V1Status>((resolve, reject) => {
    new Exec(config)
      .exec('default', 'box', 'main', command, out, err, null, false, resolve)
      .catch(reject)
  })
  out.end()
  err.end()
  assert.deepEqual([await text(out), await text(err)], ['to-out\n', 'to-err\n'])
  assert.deepEqual(status.details?.causes, [{ reason: 'ExitCode', message: '3' }])
  const log = new PassThrough()
  await new Log(config).log('default', 'box', 'main', log, { tailLines: 1 })
  assert.equal(await text(log), 'started\n')
  assert.equal(await echoed('through the port'), 'through the port')
})

/** What the Pod sends back of it. */
async function echoed(words: string): Promise<string> {
  const input = new PassThrough()
  const output = new PassThrough()
  const forward = new PortForward(config)
  const socket = await forward.portForward('default', 'box', [7000], output, null, input)
  input.write(words)
  let answer = ''
  for await (const chunk of output) {
    answer += chunk
    if (answer.length >= words.length) break
  }
  if ('close' in socket) socket.close()
  return answer
}

const python = '/usr/bin/python3'
const withoutPython =
  spawnSync(python, ['-c', 'import kubernetes']).status !== 0 &&
  'python3-kubernetes is not on this machine'

test("Python's client library: exec and log", { skip: withoutPython }, async () => {
  const script = [
    'from kubernetes import client, config, stream',
    'config.load_kube_config()',
    'core = client.CoreV1Api()',
    'command = ["sh", "-c", "echo to-out; echo to-err >&2; exit 3"]',
    'run = stream.stream(core.connect_get_namespaced_pod_exec, "box", "default",',
    '    command=command, stdout=True, stderr=True, stdin=False, tty=False, _preload_content=False)',
    'run.run_forever(timeout=20)',
    'print(run.read_stdout(), run.read_stderr(), run.returncode, sep="|", end="|")',
    'print(core.read_namespaced_pod_log("box", "default"))',
  ].join('\n')
  const env = { KUBECONFIG: kubeconfig() }
  const { code, out, err } = await runClient(identity.home, [python, '-c', script], { env })
  assert.equal(code, 0, err)
  assert.equal(out, 'to-out\n|to-err\n|3|started\n\n')
})
