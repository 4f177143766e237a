// The real kubectl for tests of the server: run in a home of its own, or a reason why not.

import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs `kubectl LINE` with the kubeconfig HOME/config. Words of the line are split at spaces. */
export function runKubectl(home: string, line: string, input = ''): Promise<Ran> {
  const env = { ...process.env, HOME: home, KUBECONFIG: join(home, 'config') }
  return new Promise((resolve) => {
    const child = execFile('kubectl', line.split(' '), { env, cwd: home }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    )
    child.stdin?.end(input)
  })
}

const client = spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' })

/** For a test's `skip`. */
export const withoutKubectl: string | false =
  client.status === 0 ? false : 'kubectl is not on this machine'

/** Why a test of a newer command is left out: this kubectl is of before 1.`minor`. */
export function olderThan(minor: number): string | false {
  if (withoutKubectl) return withoutKubectl
  const own = Number(/Minor:"(\d+)|v1\.(\d+)\./.exec(client.stdout)?.slice(1).find(Boolean))
  return own < minor && `kubectl 1.${own} does not know this yet`
}
