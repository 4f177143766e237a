// A process namespace that all containers of a Pod share lives as long as its first process: a
// shell that waits, and reaps what is left to it. Out: its pid and when it started.

import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { isRunning, processStartTime } from '../../host/process-identity.ts'
import { systemEnvironment } from '../../host/system-path.ts'

export interface PidHolder {
  readonly pid: number
  readonly startTime: number
}

/** Prints its own pid as /proc, still the outer one, shows it; the proc mount comes after. */
const script =
  'read -r pid rest < /proc/self/stat; echo "$pid"; exec sh -c ' +
  '"while :; do sleep infinity & wait; done" pause >/dev/null 2>&1'

export async function startPidHolder(): Promise<PidHolder> {
  const argv = ['--pid', '--fork', '--kill-child', 'sh', '-c', script]
  const child = spawn('unshare', argv, {
    detached: true,
    cwd: '/',
    env: systemEnvironment(),
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const pid = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (chunk) => resolve(Number(String(chunk).trim())))
    child.once('error', reject)
    child.once('exit', () => reject(new Error('no process namespace could be made')))
  })
  child.stdout.destroy()
  child.unref()
  const startTime = await processStartTime(pid)
  if (startTime === undefined) throw new Error('the process namespace ended at once')
  return { pid, startTime }
}

export async function endPidHolder({ pid, startTime }: PidHolder): Promise<void> {
  if (!(await isRunning(pid, startTime))) return
  process.kill(pid, 'SIGKILL')
  while (await isRunning(pid, startTime)) await sleep(2)
}
