import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { startControlPlane } from '../cluster/control-plane.ts'
import { findKubectls, type Kubectl, runClient } from './support/kubectls.ts'
import { type Step, tour } from './support/tour.ts'

// Clients from outside, of every age: what they ask for is not ours to choose.

for (const kubectl of await findKubectls()) {
  describe(`${kubectl.age}, 1.${kubectl.minor}`, { skip: kubectl.missing }, () => {
    test('a tour of what kubectl does', { timeout: 300_000 }, async (t) => {
      await using plane = await startControlPlane(['n1', 'n2'])
      const home = await mkdtemp(join(tmpdir(), 'kubectl-'))
      try {
        await writeFile(join(home, 'config'), plane.kubeconfig)
        for (const [chapter, steps] of Object.entries(tour)) {
          await t.test(chapter, async () => {
            for (const step of steps) await take(kubectl, home, step)
          })
        }
      } finally {
        await rm(home, { recursive: true })
      }
    })
  })
}

async function take({ path, minor }: Kubectl, home: string, step: Step): Promise<void> {
  if (minor < (step.since ?? 0) || minor >= (step.before ?? Infinity)) return
  const { code, out, err } = await runClient(home, [path, ...step.run.split(' ')], step)
  const what = `kubectl ${step.run} (exit code ${code}):\n${out}${err}`
  assert.equal(code, step.code ?? 0, what)
  says(out, step.out, what)
  says(err, step.err, what)
}

function says(text: string, expected: string | RegExp | undefined, what: string): void {
  const said = text.replace(/\n$/, '')
  if (typeof expected === 'string') assert.equal(said, expected, what)
  if (expected instanceof RegExp) assert.match(said, expected, what)
}
