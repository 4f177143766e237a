// Runs a test file inside a fabric: the file starts a fabric and then itself in it.
// In: the file and the nodes it wants. Out: true inside, where the file defines its tests.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { enterFabric, startFabric, stopFabric } from './fabric.ts'
import type { FabricNode } from './fabric-script.ts'
import { servePorter } from './serve-porter.ts'

const insideVariable = 'SAMPAN_TEST_IN_FABRIC'

/** A test that hangs must not leave its fabric behind. */
const longestMs = 60_000

/** Nodes node-1, node-2, ... with the addresses that a cluster gives them. */
export function testNodes(count: number): readonly FabricNode[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `node-${index + 1}`,
    address: `172.18.0.${index + 2}`,
    podCidr: `10.244.${index}.0/24`,
  }))
}

/**
 * `if (isInFabric(import.meta.url, nodes)) { ...tests }`. Inside, the process has an IPC channel
 * to a porter on the host.
 */
export function isInFabric(url: string, nodes: readonly FabricNode[]): boolean {
  if (process.env[insideVariable]) return true
  test('in a fabric', { timeout: longestMs }, async (t) => {
    const isRoot = process.getuid?.() === 0
    const { holderPid, startTime } = await startFabric({ nodes, isRoot })
    const stop = () => stopFabric({ holderPid, startTime })
    t.after(stop)
    t.signal.addEventListener('abort', stop)
    assert.equal(await runInside(enterFabric(holderPid, { isRoot }), fileURLToPath(url)), 0)
  })
  return false
}

async function runInside(enter: readonly string[], file: string): Promise<number> {
  // One thread: Node 26 can hang at its end while it joins V8's workers.
  const [program = '', ...args] = [...enter, process.execPath, '--single-threaded', file]
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const child = spawn(program, args, {
    env: { ...env, [insideVariable]: '1' },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  servePorter(child)
  let output = ''
  child.stdout?.on('data', (chunk) => (output += chunk))
  const [code] = await once(child, 'close')
  if (code !== 0) process.stdout.write(output)
  return code
}
