// The command line: the table of verbs, commander to read what was typed, one place for errors.

import { Command, CommanderError } from 'commander'
import { UserError } from '../cluster/user-error.ts'
import { MissingProgram } from '../host/command.ts'
import type { CliContext, OptionValues, Verb } from './verb.ts'
import { groups, verbs } from './verbs.ts'

/** Resolves with the exit code: 0 done, 1 failed, 2 typed wrongly, 130 interrupted. */
export async function runCli(argv: readonly string[], context: CliContext): Promise<number> {
  let exitCode = 0
  const program = buildProgram(context, async (verb, values, given) => {
    exitCode = (await verb.run(context, values, given)) ?? 0
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    return explain(error, context)
  }
}

type Act = (verb: Verb, values: OptionValues, given: readonly string[]) => Promise<void>

function buildProgram({ out, version }: CliContext, act: Act): Command {
  const program = new Command('sampan')
  program
    .description(
      'A whole Kubernetes cluster on this machine: no Docker, no virtual machine, no root.',
    )
    .version(version, '-V, --version')
    .helpCommand(false)
    .enablePositionalOptions()
  for (const verb of verbs) addVerb(program, verb, act)
  const quiet = {
    writeOut: (text: string) => out.print(text.trimEnd()),
    writeErr: (text: string) => out.note(text.trimEnd().replace(/^error: /, '')),
  }
  for (const command of [program, ...program.commands, ...grandchildren(program)]) {
    command.exitOverride().configureOutput(quiet)
    command.configureHelp({ sortSubcommands: false })
  }
  return program
}

function addVerb(program: Command, verb: Verb, act: Act): void {
  const [first = '', second] = verb.name.split(' ')
  const parent = second ? groupCommand(program, first) : program
  const command = parent.command(second ?? first).description(verb.help)
  if (verb.takes) command.argument(verb.takes)
  for (const { flags, help } of verb.options ?? []) command.option(flags, help)
  if (verb.isPassThrough) command.allowUnknownOption().passThroughOptions().helpOption(false)
  command.action(async (...received: unknown[]) => {
    const [given] = verb.takes ? received : []
    const words = Array.isArray(given) ? given.map(String) : given === undefined ? [] : [`${given}`]
    await act(verb, command.opts(), words)
  })
}

/** A group stands in the help where its first verb does. */
function groupCommand(program: Command, name: string): Command {
  const found = program.commands.find((command) => command.name() === name)
  return (
    found ??
    program
      .command(name)
      .description(groups[name] ?? '')
      .helpCommand(false)
  )
}

function grandchildren(program: Command): readonly Command[] {
  return program.commands.flatMap((command) => command.commands)
}

function explain(error: unknown, { out, signal, env }: CliContext): number {
  if (signal.aborted) {
    out.error('interrupted')
    return 130
  }
  if (error instanceof UserError) {
    out.error(error.message)
    return error.exitCode
  }
  if (error instanceof MissingProgram) {
    out.error(error.message)
    return 127
  }
  const failure = error instanceof Error ? error : new Error(String(error))
  out.error(failure.message)
  if ('code' in failure && failure.code === 'ENOSPC') out.note('The disk is full.')
  else if (env['SAMPAN_DEBUG']) out.note(String(failure.stack))
  else out.note('This should not happen; SAMPAN_DEBUG=1 shows where it did.')
  return 1
}
