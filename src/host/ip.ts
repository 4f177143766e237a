// iproute2 in one network namespace: links, addresses, routes and neighbours, by a resident `ip`.

import { CommandFailed, type RunCommand } from './command.ts'
import { createResident } from './resident.ts'
import { systemEnvironment } from './system-path.ts'

export interface Ip {
  /**
   * Runs every command (without the word ip), also those after one that failed. Rejects with
   * IpFailed when one failed in a way that `tolerate` does not name.
   */
  run(commands: readonly string[], tolerate?: readonly IpTolerance[]): Promise<void>
  close(): void
}

/** `exists`: adding what is there. `missing`: deleting what is not. */
export type IpTolerance = 'exists' | 'missing'

const toleranceTexts: Readonly<Record<IpTolerance, RegExp>> = {
  exists: /File exists|already assigned/,
  missing: /Cannot find device|No such (process|device|file)|Cannot assign requested address/,
}

export interface IpFailure {
  readonly command: string
  readonly message: string
}

export class IpFailed extends Error {
  readonly failures: readonly IpFailure[]
  constructor(failures: readonly IpFailure[]) {
    super(failures.map(({ command, message }) => `ip ${command}: ${message}`).join('; '))
    this.name = 'IpFailed'
    this.failures = failures
  }
}

/** `enter` comes before the program: what brings it into its network namespace. */
export function createIp(enter: readonly string[] = []): Ip {
  const resident = createResident({
    argv: [...enter, 'ip', '-force', '-batch', '-'],
    // An object ip doesn't know, about which it complains with the number of the line.
    mark: (_, lines) => ({
      line: 'end',
      said: new RegExp(`(^|\\n)Object "end" is unknown.*\\nCommand failed -:${lines + 1}\\n`),
    }),
  })
  return {
    async run(commands, tolerate = []) {
      if (commands.length === 0) return
      const { stderr, firstLine } = await resident.ask(commands)
      refuse(readFailures(stderr, commands, firstLine), tolerate)
    },
    close: resident.close,
  }
}

/** One `ip -batch` for a namespace that is needed once, such as a Pod's. */
export async function runIpOnce(
  run: RunCommand,
  { enter, commands, tolerate = [] }: IpBatch,
): Promise<void> {
  const argv = [...enter, 'ip', '-force', '-batch', '-']
  const input = `${commands.join('\n')}\n`
  const result = await run(argv, { input, env: systemEnvironment() })
  const failures = readFailures(result.stderr, commands, 1)
  if (result.exitCode !== 0 && failures.length === 0) throw new CommandFailed(argv, result)
  refuse(failures, tolerate)
}

export interface IpBatch {
  readonly enter: readonly string[]
  readonly commands: readonly string[]
  readonly tolerate?: readonly IpTolerance[]
}

/** ip says what is wrong, then `Command failed -:N`, N being the number of the line. */
export function readFailures(
  stderr: string,
  commands: readonly string[],
  firstLine: number,
): readonly IpFailure[] {
  return [...stderr.matchAll(/([\s\S]*?)Command failed -:(\d+)(?:\n|$)/g)].map(
    ([, message = '', line]) => ({
      command: commands[Number(line) - firstLine] ?? '',
      message: message.trim(),
    }),
  )
}

function refuse(failures: readonly IpFailure[], tolerate: readonly IpTolerance[]): void {
  const texts = tolerate.map((name) => toleranceTexts[name])
  const refused = failures.filter(({ message }) => !texts.some((text) => text.test(message)))
  if (refused.length > 0) throw new IpFailed(refused)
}
