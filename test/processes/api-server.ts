// Starts and kills the process of api-process.ts over one folder, again and again.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  createTestPki,
  type KeyPair,
  serviceAccountKey,
} from '../../src/apiserver/testing/test-pki.ts'
import type { LogEvent } from '../history/recorded-log.ts'

const script = fileURLToPath(new URL('./api-process.ts', import.meta.url))

export interface ServerFolder extends Disposable {
  readonly path: string
  readonly ca: string
  /** Of a member of system:masters. */
  readonly client: KeyPair
  /** What every process so far did to the log. */
  witness(): readonly LogEvent[]
}

export function makeServerFolder(): ServerFolder {
  const path = mkdtempSync(join(tmpdir(), 'sampan-process-'))
  const pki = createTestPki()
  const kept = { pki: { ca: pki.ca, server: pki.server }, serviceAccountKey: serviceAccountKey() }
  writeFileSync(join(path, 'pki.json'), JSON.stringify(kept))
  return {
    path,
    ca: pki.ca,
    client: pki.client('tester', 'system:masters'),
    witness: () =>
      readFileSync(join(path, 'witness.jsonl'), 'utf8')
        .split('\n')
        .flatMap((line) => (line.endsWith('}') ? [JSON.parse(line)] : [])),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

export interface ServerProcess {
  readonly port: number
  readonly child: ChildProcess
  /** What it wrote to its error output so far. */
  errors(): string
  kill(signal?: NodeJS.Signals): Promise<void>
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Put before the command: a program that runs it. */
  readonly within?: readonly string[]
}

/** Resolves once it answers; throws with what it said when it ends before. */
export async function startServerProcess(
  folder: string,
  { env, within = [] }: StartOptions = {},
): Promise<ServerProcess> {
  const [program = '', ...args] = [...within, process.execPath, script, folder]
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  let errors = ''
  child.stderr?.on('data', (chunk) => {
    errors += chunk
  })
  const ended = once(child, 'close')
  const answering = new Promise<number>((resolve) => {
    child.stdout?.on('data', (chunk) => {
      output += chunk
      if (output.includes('\n')) resolve(Number.parseInt(output, 10))
    })
  })
  const port = await Promise.race([answering, ended.then(() => undefined)])
  if (port === undefined) throw new Error(`the server ended: ${errors}`)
  return {
    port,
    child,
    errors: () => errors,
    async kill(signal = 'SIGKILL') {
      child.kill(signal)
      await ended
    },
  }
}
