// Programs of the host: one way to run them, real or fake.

import { spawn } from 'node:child_process'

export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly input?: string | Uint8Array
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Runs a program to its end. A program that is missing rejects with MissingProgram. */
export type RunCommand = (
  argv: readonly string[],
  options?: CommandOptions,
) => Promise<CommandResult>

export class MissingProgram extends Error {
  readonly program: string
  constructor(program: string) {
    super(`${program}: not found on this machine`)
    this.name = 'MissingProgram'
    this.program = program
  }
}

export class CommandFailed extends Error {
  readonly result: CommandResult
  constructor(argv: readonly string[], result: CommandResult) {
    super(`${argv.join(' ')}: exit code ${result.exitCode}: ${result.stderr.trim()}`)
    this.name = 'CommandFailed'
    this.result = result
  }
}

export const runCommand: RunCommand = (argv, options = {}) =>
  new Promise((resolve, reject) => {
    const [program = '', ...args] = argv
    const { input, cwd, env, signal } = options
    const child = spawn(program, args, {
      stdio: 'pipe',
      ...(cwd && { cwd }),
      ...(env && { env }),
      ...(signal && { signal }),
    })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout.on('data', (chunk) => stdout.push(chunk))
    child.stderr.on('data', (chunk) => stderr.push(chunk))
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' && !cwd ? new MissingProgram(program) : error),
    )
    child.on('close', (code, killedBy) =>
      resolve({
        exitCode: code ?? (killedBy ? 128 : 1),
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    )
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })

/** As runCommand, but any exit code other than 0 rejects with CommandFailed. */
export async function check(
  run: RunCommand,
  argv: readonly string[],
  options?: CommandOptions,
): Promise<string> {
  const result = await run(argv, options)
  if (result.exitCode !== 0) throw new CommandFailed(argv, result)
  return result.stdout
}
