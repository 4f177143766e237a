// kubectl of three ages: of this machine's Debian, of the machine itself, of Debian's newest suite.
// Debian's are taken out of their packages into the tests' cache; nothing is installed.

import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { openDebian, unpack } from '../../images/debian.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Kubectl {
  /** Where it is from, for the names of tests. */
  readonly age: string
  readonly path: string
  /** 36 of 1.36; 0 where there is none. */
  readonly minor: number
  /** Why it is not here. */
  readonly missing: string | false
}

interface Source {
  readonly age: string
  /** Of Debian; absent: what is found in PATH. */
  readonly package?: string
  readonly suite?: string
}

const sources: readonly Source[] = [
  { age: "this Debian's kubectl", package: 'kubernetes-client' },
  { age: "this machine's kubectl" },
  { age: "Debian's newest kubectl", package: 'kubectl', suite: 'sid' },
]

const cache = join(import.meta.dirname, '../../images/cache')

export function findKubectls(): Promise<readonly Kubectl[]> {
  return Promise.all(
    sources.map(async (source) => {
      try {
        const path = await programOf(source)
        return { age: source.age, path, minor: minorOf(path), missing: false }
      } catch (error) {
        const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
        return { age: source.age, path: '', minor: 0, missing: `not to be had: ${reason}` }
      }
    }),
  )
}

async function programOf({ package: name, suite }: Source): Promise<string> {
  if (!name) return 'kubectl'
  const folder = join(cache, 'clients', suite ?? 'stable')
  const program = join(folder, 'usr/bin/kubectl')
  if (existsSync(program)) return program
  const debian = await openDebian(suite ? join(cache, suite) : cache, suite)
  const files = await debian.fetch([name])
  const archive = files.find((file) => basename(file).startsWith(`${name}_`))
  if (!archive) throw new Error(`Debian has no package ${name}`)
  // Two tests may look for it at once: who is first puts it there.
  await mkdir(dirname(folder), { recursive: true })
  const fresh = await mkdtemp(`${folder}-`)
  await unpack([archive], fresh)
  await rename(fresh, folder).catch(() => rm(fresh, { recursive: true }))
  return program
}

function minorOf(path: string): number {
  const { stdout, error } = spawnSync(path, ['version', '--client'], { encoding: 'utf8' })
  if (error) throw error
  const minor = /Minor:"(\d+)|v1\.(\d+)\./.exec(stdout)?.slice(1).find(Boolean)
  if (minor === undefined) throw new Error(`${path} does not say how old it is`)
  return Number(minor)
}

export interface RunOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
}

/** HOME is where its kubeconfig (`config`) is, and where it runs. */
export function runClient(
  home: string,
  [program = '', ...args]: readonly string[],
  { input = '', env = {} }: RunOptions = {},
): Promise<Ran> {
  // Python's client leaves what it discovered among the temporary files.
  const places = { HOME: home, TMPDIR: home, KUBECONFIG: join(home, 'config') }
  const own = { ...process.env, ...places, ...env }
  const options = { env: own, cwd: home, timeout: 60_000, maxBuffer: 64 << 20 }
  return new Promise((resolve) => {
    const child = execFile(program, args, options, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, out, err }),
    )
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}
