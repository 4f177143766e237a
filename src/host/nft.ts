// nftables in one network namespace: transactions by a resident `nft`, large ones by one of their own.

import { check, type RunCommand, runCommand } from './command.ts'
import { createResident } from './resident.ts'
import { systemEnvironment } from './system-path.ts'

export interface Nft {
  /** One transaction: all of the commands or, rejecting with NftFailed, none. */
  run(commands: readonly string[]): Promise<void>
  /** What a `list` command prints as JSON. */
  list(command: string): Promise<unknown>
  /** What nft prints about one element of a set or map; it must be there. */
  getElement(set: string, key: string): Promise<string>
  close(): void
}

export class NftFailed extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'NftFailed'
  }
}

/** The line editor of `nft -i` is slow on long lines; starting nft takes 5 ms. */
const longestLine = 8000

/** `enter` comes before the program: what brings it into its network namespace. */
export function createNft(enter: readonly string[] = [], run: RunCommand = runCommand): Nft {
  const resident = createResident({
    argv: [...enter, 'nft', '-i'],
    // No command is called `end`; nft repeats the line, and points at it in the next.
    mark: (count) => ({
      line: `end ${count}`,
      said: new RegExp(`(^|\\n)Error: [^\\n]*\\nend ${count}\\n[ ^~]*\\n`),
    }),
  })
  const env = systemEnvironment()
  return {
    async run(commands) {
      if (commands.length === 0) return
      const line = commands.join('; ')
      if (line.length > longestLine || line.includes('\n')) {
        const input = `${commands.join('\n')}\n`
        const { exitCode, stderr } = await run([...enter, 'nft', '-f', '-'], { input, env })
        if (exitCode !== 0) throw new NftFailed(firstLines(stderr))
        return
      }
      const { stderr } = await resident.ask([line])
      if (/Error:/.test(stderr)) throw new NftFailed(firstLines(stderr))
    },
    list: async (command) =>
      JSON.parse(await check(run, [...enter, 'nft', '-j', 'list', ...command.split(' ')], { env })),
    getElement: (set, key) =>
      check(run, [...enter, 'nft', 'get', 'element', ...set.split(' '), `{ ${key} }`], { env }),
    close: resident.close,
  }
}

/** nft repeats whole transactions in its errors; the start says what is wrong. */
function firstLines(stderr: string): string {
  return stderr.trim().split('\n').slice(0, 4).join('\n').slice(0, 600)
}

/** Whether nft takes `commands` as a transaction, found out without doing any of it. */
export async function checkNft(run: RunCommand, commands: readonly string[]): Promise<void> {
  const input = `${commands.join('\n')}\n`
  const { exitCode, stderr } = await run(['nft', '--check', '-f', '-'], {
    input,
    env: systemEnvironment(),
  })
  if (exitCode !== 0) throw new NftFailed(firstLines(stderr))
}
