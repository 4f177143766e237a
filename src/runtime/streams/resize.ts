// Tells a terminal inside a container its size: crun does not pass on that its own has changed.

import type { TerminalSize } from '../../cri/cri.ts'
import { type RunCommand, runCommand } from '../../host/command.ts'

/** `pid` has the terminal as its input. A process that has ended needs no size. */
export async function resizeTerminal(
  pid: number,
  { width, height }: TerminalSize,
  run: RunCommand = runCommand,
): Promise<void> {
  if (width <= 0 || height <= 0) return
  const size = ['rows', String(height), 'cols', String(width)]
  await run(['stty', '-F', `/proc/${pid}/fd/0`, ...size])
}
