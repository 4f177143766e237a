import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { RuntimeEvent, TerminalSize } from '../cri/cri.ts'
import { fabricIds, testInFabrics } from './testing/fabric.ts'
import { collected, eventually, exited, logLines, testWorld } from './testing/world.ts'

const ids = fabricIds()
if (ids === undefined) testInFabrics(fileURLToPath(import.meta.url), ['host', 'range'])
else tests()

const forever = { command: ['sleep', '1000'] }

function tests(): void {
  test('a command in a container: both streams, exit code, environment of the container', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const id = await run({ ...forever, envs: [{ key: 'A', value: 'b' }] })
    const result = await world.node.execSync(
      id,
      ['sh', '-c', 'echo $A; echo e > /dev/stderr; exit 9'],
      0,
    )
    assert.deepEqual(
      [String(result.stdout), String(result.stderr), result.exitCode],
      ['b\n', 'e\n', 9],
    )
  })

  test('a command past its time is killed with its children', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const id = await run(forever)
    await assert.rejects(
      world.node.execSync(id, ['sh', '-c', 'sleep 3333 & sleep 3333; true'], 200),
      {
        code: 'DeadlineExceeded',
        message: 'failed to exec in container: timeout 0.2s exceeded: context deadline exceeded',
      },
    )
    await eventually(async () => {
      const { stdout } = await world.node.execSync(id, ['ps', '-o', 'args'], 0)
      return !String(stdout).includes('3333')
    })
  })

  test('a command that is not there cannot be run', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const id = await run(forever)
    await assert.rejects(
      world.node.execSync(id, ['nope'], 0),
      /exec: "nope": executable file not found in \$PATH$/,
    )
    await world.node.stopContainer(id, 0)
    await assert.rejects(world.node.execSync(id, ['true'], 0), { code: 'FailedPrecondition' })
  })

  test('much goes in and out of a command, and its input ends', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const id = await run(forever)
    const stdin = new PassThrough()
    const chunks: Buffer[] = []
    const stdout = new PassThrough()
    stdout.on('data', (chunk) => chunks.push(chunk))
    const running = world.node.exec(id, ['cat'], { stdin, stdout, tty: false })
    const sent = Buffer.alloc(8 * 1024 * 1024, 'abcdefghij')
    stdin.end(sent)
    assert.equal(await running, 0)
    assert.ok(Buffer.concat(chunks).equals(sent))
  })

  test('a terminal has the size that it is given, keys, and an exit code', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const id = await run(forever)
    const stdin = new PassThrough()
    const out = collected()
    const sizes = resizes()
    const running = world.node.exec(id, ['sh'], {
      stdin,
      stdout: out.stream,
      tty: true,
      resizes: sizes,
    })
    await eventually(() => /[#$] /.test(out.text()))
    sizes.push({ width: 133, height: 44 })
    stdin.write('tty; echo $TERM\r')
    await eventually(() => /pts\/0\r\nxterm/.test(out.text()))
    stdin.write('until stty size | grep "44 133"; do :; done; sleep 1000\r')
    await eventually(() => /\r\n44 133\r\n/.test(out.text()))
    stdin.write('\x03')
    stdin.write('exit 5\r')
    assert.equal(await running, 5)
  })

  test('a command ends when its caller goes', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const id = await run(forever)
    const stop = new AbortController()
    const running = world.node.exec(id, ['sleep', '4444'], { tty: false, signal: stop.signal })
    await eventually(async () =>
      String((await world.node.execSync(id, ['ps'], 0)).stdout).includes('4444'),
    )
    stop.abort()
    assert.equal(await running, 137)
  })

  test("attaching shows what comes and gives what is typed; input `once` ends with the visitor's", async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const id = await run({
      command: ['sh', '-c', 'cat; echo over >&2'],
      stdin: true,
      stdinOnce: true,
    })
    const stdin = new PassThrough()
    const [out, err] = [collected(), collected()]
    const attached = world.node.attach(id, {
      stdin,
      stdout: out.stream,
      stderr: err.stream,
      tty: false,
    })
    stdin.end('hello\n')
    await attached
    assert.deepEqual([out.text(), err.text()], ['hello\n', 'over\n'])
    assert.equal((await exited(world.node, id)).exitCode, 0)
    assert.deepEqual(logLines(world), ['stdout hello', 'stderr over'])
  })

  test('without `once` a container keeps its input for the next visitor', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const id = await run({ command: ['cat'], stdin: true })
    for (const word of ['one', 'two']) {
      const stdin = new PassThrough()
      const out = collected()
      const stop = new AbortController()
      const attached = world.node.attach(id, {
        stdin,
        stdout: out.stream,
        tty: false,
        signal: stop.signal,
      })
      stdin.end(`${word}\n`)
      await eventually(() => out.text() === `${word}\n`)
      stop.abort()
      await attached
    }
    assert.equal((await world.node.containerStatus(id)).state, 'RUNNING')
  })

  test('a container with a terminal: attached, resized, logged', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const id = await run({ command: ['sh'], stdin: true, stdinOnce: true, tty: true })
    const stdin = new PassThrough()
    const out = collected()
    const sizes = resizes()
    const attached = world.node.attach(id, { stdin, stdout: out.stream, tty: true, resizes: sizes })
    sizes.push({ width: 99, height: 31 })
    stdin.write('until stty size | grep "31 99"; do :; done; exit 4\r')
    await attached
    assert.match(out.text(), /\r\n31 99\r\n/)
    assert.equal((await exited(world.node, id)).exitCode, 4)
    assert.ok(logLines(world).some((line) => line === 'stdout 31 99\r'))
  })

  test('a slow visitor loses nothing and holds nothing in memory', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const lines = 40_000
    const id = await run({
      command: [
        'sh',
        '-c',
        `read x; seq ${lines} | sed "s/$/ xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx/"`,
      ],
      stdin: true,
    })
    const stdin = new PassThrough()
    const stdout = new PassThrough({ highWaterMark: 1024 })
    const attached = world.node.attach(id, { stdin, stdout, tty: false })
    stdin.write('go\n')
    await new Promise((resolve) => setTimeout(resolve, 200))
    let text = ''
    for await (const chunk of stdout) text += chunk
    await attached
    assert.equal(text.split('\n').length, lines + 1)
    assert.equal(logLines(world).length, lines)
  })

  test('a connection into a sandbox reaches what listens on its loopback only', async (t) => {
    const world = await testWorld(t)
    const { run, id: sandboxId } = await world.sandbox()
    await run({ command: ['busybox', 'httpd', '-f', '-p', '127.0.0.1:8080', '-h', '/etc'] })
    for (const file of ['passwd', 'group']) {
      const connection = await connectWhenReady(() => world.node.portForward(sandboxId, 8080))
      // Only half of the connection ends; the answer comes over the other.
      connection.end(`GET /${file} HTTP/1.0\r\n\r\n`)
      let text = ''
      for await (const chunk of connection) text += chunk
      assert.match(text, /^HTTP\/1.1 200 OK\r\n/)
      assert.match(text, /\nweb:x:10/)
    }
    await assert.rejects(
      world.node.portForward(sandboxId, 81),
      /localhost:81 inside namespace.*connection refused$/,
    )
  })

  test('events tell of a container as things happen', async (t) => {
    const world = await testWorld(t)
    const { run, id: sandboxId } = await world.sandbox()
    const stop = new AbortController()
    const seen: RuntimeEvent[] = []
    const listening = (async () => {
      for await (const event of world.node.events(stop.signal)) seen.push(event)
    })()
    const containerId = await run({ command: ['true'] })
    await exited(world.node, containerId)
    await world.node.removeContainer(containerId)
    await eventually(() => seen.length === 4)
    stop.abort()
    await listening
    const types = ['CREATED', 'STARTED', 'STOPPED', 'DELETED'] as const
    assert.deepEqual(
      seen,
      types.map((type) => ({ type: `CONTAINER_${type}`, containerId, podSandboxId: sandboxId })),
    )
  })

  test('a log that was moved away is written anew after a reopen, and nothing is lost', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const id = await run({
      command: [
        'sh',
        '-c',
        'n=0; while [ $n -lt 300 ]; do echo $n; n=$((n+1)); done; echo end; sleep 1000',
      ],
    })
    const file = `${world.folder}/logs/c/0.log`
    await eventually(() => logLines(world).length > 0)
    renameSync(file, `${world.folder}/logs/c/0.log.old`)
    await world.node.reopenContainerLog(id)
    await world.node.execSync(id, ['sh', '-c', 'echo after > /proc/1/fd/1'], 0)
    await eventually(() => logLines(world).includes('stdout after'))
    const all = [...logLines(world, 'c/0.log.old'), ...logLines(world)]
    assert.deepEqual(all.slice(0, 301), [
      ...Array.from({ length: 300 }, (_, n) => `stdout ${n}`),
      'stdout end',
    ])
  })

  test('the agent may restart: containers run on, no line is lost, exits meanwhile are known', async (t) => {
    const world = await testWorld(t)
    const { run } = await world.sandbox()
    const counting = await run({
      command: [
        'sh',
        '-c',
        'n=0; while [ $n -lt 100 ]; do echo $n; n=$((n+1)); sleep 0.005; done; sleep 1000',
      ],
    })
    const ending = await run({
      command: ['sh', '-c', 'sleep 0.2; exit 6'],
      logPath: 'ending/0.log',
    })
    world.runtime.close()
    await new Promise((resolve) => setTimeout(resolve, 400))
    const next = await world.restartAgent()
    assert.equal((await next.node.containerStatus(counting)).state, 'RUNNING')
    assert.deepEqual(await exited(next.node, ending), { exitCode: 6, reason: 'Error', message: '' })
    await eventually(() => logLines(world).length === 100)
    assert.deepEqual(
      logLines(world),
      Array.from({ length: 100 }, (_, n) => `stdout ${n}`),
    )
    const { stdout } = await next.node.execSync(counting, ['echo', 'here'], 0)
    assert.equal(String(stdout), 'here\n')
    await next.node.stopContainer(counting, 0)
    assert.equal((await exited(next.node, counting)).exitCode, 137)
  })

  test('when the supervisor is killed its containers are ended and reported, and nothing leaks', async (t) => {
    const world = await testWorld(t)
    const { run, id: sandboxId } = await world.sandbox()
    const id = await run({ command: ['sleep', '5555'] })
    const dead = new Promise((resolve) => world.supervisor().once('exit', resolve))
    world.supervisor().kill('SIGKILL')
    await dead
    world.startSupervisor()
    assert.deepEqual(await exited(world.node, id), {
      exitCode: 137,
      reason: 'ContainerStatusUnknown',
      message: 'The process that supervised the container ended, and the container with it',
    })
    await eventually(() => !processes().some((words) => words.includes('5555')))
    const next = await run({ command: ['echo', 'next'], logPath: 'next/0.log' })
    await exited(world.node, next)
    assert.deepEqual(logLines(world, 'next/0.log'), ['stdout next'])
    await world.node.removePodSandbox(sandboxId)
    for (const folder of ['containers', 'supervised'])
      assert.deepEqual(readdirSync(`${world.runFolder}/${folder}`), [])
  })

  test('many containers at once', async (t) => {
    const world = await testWorld(t)
    mkdirSync(`${world.folder}/logs/many`, { recursive: true })
    const { run } = await world.sandbox()
    const numbers = Array.from({ length: 25 }, (_, n) => n)
    const made = await Promise.all(
      numbers.map((n) =>
        run({ command: ['sh', '-c', `echo ${n}; exit ${n}`], logPath: `many/${n}.log` }),
      ),
    )
    const codes = await Promise.all(made.map((id) => exited(world.node, id)))
    assert.deepEqual(
      codes.map(({ exitCode }) => exitCode),
      numbers,
    )
    for (const n of numbers) assert.deepEqual(logLines(world, `many/${n}.log`), [`stdout ${n}`])
  })
}

function processes(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      } catch {
        return ''
      }
    })
}

async function connectWhenReady<T>(connect: () => Promise<T>): Promise<T> {
  for (;;)
    try {
      return await connect()
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
}

function resizes(): AsyncIterable<TerminalSize> & { push(size: TerminalSize): void } {
  const waiting: TerminalSize[] = []
  let wake = () => {}
  return {
    push(size) {
      waiting.push(size)
      wake()
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const next = waiting.shift()
        if (next) yield next
        else
          await new Promise<void>((resolve) => {
            wake = resolve
          })
      }
    },
  }
}
