// sampan completion: a script for the shell, to be sourced: source <(sampan completion bash).

import { UserError } from '../../cluster/user-error.ts'
import { renderCompletion } from '../render-completion.ts'
import type { Verb } from '../verb.ts'

export const completion: Verb = {
  name: 'completion',
  takes: '<shell>',
  help: 'completion for bash, zsh or fish',
  async run({ out }, _values, [shell = '']) {
    // The table imports this verb; it is complete when the verb runs.
    const { verbs } = await import('../verbs.ts')
    const script = renderCompletion(shell, verbs)
    if (!script) throw new UserError(`"${shell}" is none of bash, zsh, fish`)
    out.print(script)
    return 0
  },
}
