import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startControlPlane } from '../cluster/control-plane.ts'
import { runClient } from './support/kubectls.ts'

const python = '/usr/bin/python3'
const script = join(import.meta.dirname, 'support/witness.py')
const skip =
  spawnSync(python, ['-c', 'import kubernetes']).status !== 0 &&
  'python3-kubernetes is not on this machine'

test("Python's client library works unmodified", { skip, timeout: 120_000 }, async () => {
  await using plane = await startControlPlane(['n1'])
  const home = await mkdtemp(join(tmpdir(), 'python-'))
  try {
    await writeFile(join(home, 'config'), plane.kubeconfig)
    const { code, out, err } = await runClient(home, [python, script])
    assert.equal(code, 0, out + err)
    assert.deepEqual(out.trim().split('\n'), [
      'objects',
      'every_list',
      'workload',
      'watched',
      'dynamically',
      'from_yaml',
      'leads',
    ])
  } finally {
    await rm(home, { recursive: true })
  }
})
