// What crun, or the shell before it, wrote when a start failed, in the words people know. Pure.

/** Lines of JSON from crun ({msg, level, time}), plain text from mount and the shell. */
export function readErrorLog(text: string): string {
  const messages = text
    .split('\n')
    .filter((line) => line !== '')
    .map(messageOf)
  const last = messages.at(-1) ?? 'the runtime ended without a word'
  return reword(last)
}

function messageOf(line: string): string {
  try {
    const { msg }: { readonly msg?: unknown } = JSON.parse(line)
    return typeof msg === 'string' ? msg : line
  } catch {
    return line
  }
}

/** Scripts and people look for runc's sentence when a program is missing. */
function reword(message: string): string {
  const missing = /executable file `([^`]*)` not found(.*?)(?:: No such file or directory)?$/.exec(
    message,
  )
  if (missing) {
    const [, program = '', where] = missing
    const why =
      where?.includes('$PATH') || !program.includes('/')
        ? `exec: "${program}": executable file not found in $PATH`
        : `exec: "${program}": stat ${program}: no such file or directory`
    return `unable to start container process: ${why}`
  }
  return message
}
