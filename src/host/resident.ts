// A program that stays and is fed commands, since starting one takes longer than its work.
// In: lines for its stdin. Out: what it says on stderr about them, up to a mark of our own.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { MissingProgram } from './command.ts'
import { systemEnvironment } from './system-path.ts'

export interface ResidentOptions {
  readonly argv: readonly string[]
  /**
   * What makes the program say something that tells the end of request `count` (from 1 in each
   * process), and the text that it then says. `lines` is how many lines came before.
   */
  readonly mark: (count: number, lines: number) => { readonly line: string; readonly said: RegExp }
  /** Ended when unused for so long, to be started again when needed. */
  readonly idleMs?: number
  /** A request that takes longer ends the program. */
  readonly timeoutMs?: number
}

export interface Resident {
  /** Feeds `lines` and resolves to what was said about them; one request at a time, in order. */
  ask(lines: readonly string[]): Promise<Said>
  close(): void
}

export interface Said {
  readonly stderr: string
  /** The number, from 1, that the program gives to the first of these lines. */
  readonly firstLine: number
}

const queueLimit = 10_000

export function createResident(options: ResidentOptions): Resident {
  const { argv, mark, idleMs = 20_000, timeoutMs = 30_000 } = options
  let life: Life | undefined
  let idle: NodeJS.Timeout | undefined
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0

  function start(): Life {
    const started = startLife(argv, () => {
      if (life === started) life = undefined
    })
    return started
  }

  async function askNow(lines: readonly string[]): Promise<Said> {
    clearTimeout(idle)
    life ??= start()
    const timer = setTimeout(() => life?.kill('took too long'), timeoutMs)
    try {
      return await life.ask(lines, mark)
    } finally {
      clearTimeout(timer)
      idle = setTimeout(() => life?.end(), idleMs)
      idle.unref()
    }
  }

  return {
    ask(lines) {
      if (waiting >= queueLimit) return Promise.reject(new Error(`${argv.join(' ')}: too busy`))
      waiting++
      const answer = last.then(() => askNow(lines)).finally(() => waiting--)
      last = answer.catch(() => {})
      return answer
    },
    close() {
      clearTimeout(idle)
      life?.end()
    },
  }
}

interface Life {
  ask(lines: readonly string[], mark: ResidentOptions['mark']): Promise<Said>
  end(): void
  kill(reason: string): void
}

/** One process from its start to its end. */
function startLife(argv: readonly string[], onEnd: () => void): Life {
  const [program = '', ...args] = argv
  const child: ChildProcessWithoutNullStreams = spawn(program, args, {
    env: systemEnvironment(),
    stdio: 'pipe',
  })
  let count = 0
  let linesFed = 0
  let stderr = ''
  let said: RegExp | undefined
  let settle: { resolve: (said: Said) => void; reject: (error: Error) => void } | undefined
  let firstLine = 1

  child.stdin.on('error', () => {})
  child.stdout.resume()
  child.stderr.on('data', (chunk) => {
    stderr += chunk
    const match = said?.exec(stderr)
    if (!match) return
    settle?.resolve({ stderr: stderr.slice(0, match.index), firstLine })
    stderr = ''
    said = undefined
  })
  child.on('error', (error: NodeJS.ErrnoException) =>
    fail(error.code === 'ENOENT' ? new MissingProgram(program) : error),
  )
  child.on('close', () => fail(new Error(`${argv.join(' ')} has ended: ${stderr.trim()}`)))

  function fail(error: Error): void {
    onEnd()
    settle?.reject(error)
  }

  return {
    ask(lines, mark) {
      return new Promise((resolve, reject) => {
        settle = { resolve, reject }
        firstLine = linesFed + 1
        linesFed += lines.length
        const end = mark(++count, linesFed)
        linesFed++
        said = end.said
        child.stdin.write(`${[...lines, end.line].join('\n')}\n`)
      })
    },
    end() {
      onEnd()
      child.stdin.end()
    },
    kill(reason) {
      fail(new Error(`${argv.join(' ')} ${reason}`))
      child.kill('SIGKILL')
    },
  }
}
