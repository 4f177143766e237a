// Who runs a scenario: root, or an ordinary user. As root both are tried, the user being made for
// the purpose and removed afterwards; an ordinary user can only be himself.

import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type CommandOptions,
  type CommandResult,
  check,
  runCommand,
} from '../../../src/host/command.ts'

export const projectFolder = join(import.meta.dirname, '../../..')

export interface Identity {
  /** 'root' or 'an ordinary user', for the names of tests. */
  readonly title: string
  /** Where this identity keeps its files; removed at the end. */
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  /** The launcher of the command line, readable by this identity. */
  readonly sampan: string
  run(argv: readonly string[], options?: CommandOptions): Promise<CommandResult>
  /** For what goes on while the test does something else. */
  spawn(argv: readonly string[]): ChildProcess
  dispose(): Promise<void>
}

type Make = () => Promise<Identity>

/** The identities a scenario is to be run as, by title. */
export function identities(): Readonly<Record<string, Make>> {
  const wanted = process.env['SAMPAN_TEST_AS']
  const all: Record<string, Make> =
    process.getuid?.() === 0
      ? { root: ownIdentity('root'), 'an ordinary user': newUser }
      : { 'an ordinary user': ownIdentity('an ordinary user') }
  return Object.fromEntries(Object.entries(all).filter(([title]) => !wanted || title === wanted))
}

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

function environment(home: string): Readonly<Record<string, string>> {
  return { HOME: home, PATH: process.env['PATH'] ?? systemPath, LANG: 'C.UTF-8', SAMPAN_DEBUG: '1' }
}

function ownIdentity(title: string): Make {
  return async () => {
    const home = mkdtempSync(join(tmpdir(), 'sampan-test-'))
    const env = environment(home)
    return {
      title,
      home,
      env,
      sampan: join(projectFolder, 'bin/sampan'),
      run: (argv, options = {}) =>
        runCommand(argv, { cwd: home, ...options, env: { ...env, ...options.env } }),
      spawn: ([program = '', ...args]) => spawn(program, args, { cwd: home, env, stdio: 'pipe' }),
      dispose: async () => rmSync(home, { recursive: true, force: true }),
    }
  }
}

let made = 0

async function newUser(): Promise<Identity> {
  const user = `sampan-t${process.pid % 100_000}${(made += 1)}`
  const home = join(tmpdir(), user)
  const run = (argv: readonly string[]) => check(runCommand, argv)
  await run(['useradd', '--create-home', '--home-dir', home, '--shell', '/bin/bash', user])
  const env = environment(home)
  const as = ['runuser', '-u', user, '--']
  const sampan = await readableLauncher(as, home)
  return {
    title: 'an ordinary user',
    home,
    env,
    sampan,
    run: (argv, options = {}) =>
      runCommand([...as, ...argv], { cwd: home, ...options, env: { ...env, ...options.env } }),
    spawn: (argv) => {
      const [program = '', ...args] = [...as, ...argv]
      return spawn(program, args, { cwd: home, env, stdio: 'pipe' })
    },
    async dispose() {
      await run(['userdel', user])
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** The clone's own launcher, or a copy of what it needs where the clone is not for all to read. */
async function readableLauncher(as: readonly string[], home: string): Promise<string> {
  const own = join(projectFolder, 'bin/sampan')
  const probe = await runCommand([...as, 'test', '-r', own], { cwd: '/' })
  if (probe.exitCode === 0) return own
  const copy = join(home, 'sampan-package')
  mkdirSync(copy)
  for (const part of ['bin', 'dist', 'package.json', 'node_modules/node', 'node_modules/@lydell']) {
    const from = join(projectFolder, part)
    if (existsSync(from)) cpSync(from, join(copy, part), { recursive: true, dereference: true })
  }
  return join(copy, 'bin/sampan')
}
