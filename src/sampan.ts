#!/usr/bin/env node
// The command line: gathers what it touches and hands it to the verbs.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { streamOutput } from './cli/output.ts'
import { runCli } from './cli/run-cli.ts'
import { systemClock } from './lib/clock.ts'

/** Set where the sources were bundled. */
declare const SAMPAN_VERSION: string | undefined

const interrupt = new AbortController()
process.once('SIGINT', () => interrupt.abort(new Error('interrupted')))
process.once('SIGTERM', () => interrupt.abort(new Error('ended')))
// A reader that has seen enough (sampan … | head) is no error.
process.on('uncaughtException', (error) => {
  if ('code' in error && error.code === 'EPIPE') process.exit(0)
  throw error
})

const streams = {
  get stdout() {
    return process.stdout
  },
  /** When nobody looks on any more, what was begun goes on all the same. */
  get stderr() {
    const { stderr } = process
    if (stderr.listenerCount('error') === 0) stderr.on('error', () => {})
    return stderr
  },
}

const folder = dirname(import.meta.filename)
const isBundled = import.meta.filename.endsWith('.js')

process.exitCode = await runCli(process.argv.slice(2), {
  out: streamOutput(streams),
  env: process.env,
  cwd: process.cwd(),
  clock: systemClock,
  signal: interrupt.signal,
  version: isBundled ? String(SAMPAN_VERSION) : packageVersion(),
  porterProgram: isBundled ? join(folder, 'porter.js') : join(folder, 'parts/porter.ts'),
})
process.exit()

function packageVersion(): string {
  return JSON.parse(readFileSync(join(folder, '../package.json'), 'utf8')).version
}
