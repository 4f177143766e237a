// Completion scripts, from the table of verbs. Undefined for a shell that is not known.

import type { Verb } from './verb.ts'

interface Word {
  readonly words: readonly string[]
  readonly help: string
  readonly flags: readonly string[]
}

export function renderCompletion(shell: string, verbs: readonly Verb[]): string | undefined {
  const words = verbs.map(
    ({ name, help, options = [] }): Word => ({
      words: name.split(' '),
      help,
      flags: options.flatMap(({ flags }) => flags.match(/--[a-z0-9-]+/g) ?? []),
    }),
  )
  switch (shell) {
    case 'bash':
      return bash(words)
    case 'zsh':
      return `#compdef sampan\nautoload -U +X bashcompinit && bashcompinit\n${bash(words)}`
    case 'fish':
      return fish(words)
    default:
      return undefined
  }
}

function firstWords(words: readonly Word[]): readonly string[] {
  return [...new Set(words.map((word) => word.words[0] ?? ''))]
}

function bash(words: readonly Word[]): string {
  const groups = firstWords(words).filter((first) =>
    words.some((word) => word.words.length > 1 && word.words[0] === first),
  )
  const seconds = groups.map((group) => {
    const after = words.filter((word) => word.words[0] === group).map((word) => word.words[1])
    return `    "${group}") reply="${after.join(' ')}" ;;`
  })
  const flags = words.map(
    (word) => `    "${word.words.join(' ')}"*) reply="${word.flags.join(' ')}" ;;`,
  )
  return `_sampan() {
  local word="\${COMP_WORDS[COMP_CWORD]}" line reply=""
  line="\${COMP_WORDS[*]:1:COMP_CWORD-1}"
  case "$line" in
    "") reply="${firstWords(words).join(' ')}" ;;
${seconds.join('\n')}
    "load"*) COMPREPLY=($(compgen -f -- "$word")); return ;;
${flags.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$reply" -- "$word"))
}
complete -F _sampan sampan`
}

function fish(words: readonly Word[]): string {
  const lines = words.flatMap(({ words: [first = '', second], help, flags }) => [
    second
      ? `complete -c sampan -n '__fish_seen_subcommand_from ${first}' -a ${second} -d '${quoted(help)}'`
      : `complete -c sampan -n __fish_use_subcommand -a ${first} -d '${quoted(help)}'`,
    ...flags.map(
      (flag) =>
        `complete -c sampan -n '__fish_seen_subcommand_from ${second ?? first}' -l ${flag.slice(2)}`,
    ),
  ])
  const groups = [...new Set(words.filter((word) => word.words[1]).map((word) => word.words[0]))]
  return [
    'complete -c sampan -f',
    ...groups.map((group) => `complete -c sampan -n __fish_use_subcommand -a ${group}`),
    ...lines,
    "complete -c sampan -n '__fish_seen_subcommand_from load' -F",
  ].join('\n')
}

function quoted(text: string): string {
  return text.replaceAll("'", "\\'")
}
