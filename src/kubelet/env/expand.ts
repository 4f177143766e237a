// $(NAME) in commands, arguments, values and subPathExpr. Pure.
// Source: k8s.io/kubernetes third_party/forked/golang/expansion.

/** $(NAME) becomes its value; $$ a dollar sign; a name nobody knows stays as it is written. */
export function expand(text: string, lookUp: (name: string) => string | undefined): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (whole, rest: string, name: string) =>
    rest === '$' ? '$' : (lookUp(name) ?? whole),
  )
}

export function expandAll(
  texts: readonly string[],
  env: Readonly<Record<string, string>>,
): readonly string[] {
  return texts.map((text) => expand(text, (name) => env[name]))
}

/** The first name in `text` that `env` does not have; subPathExpr refuses it. */
export function unknownName(
  text: string,
  env: Readonly<Record<string, string>>,
): string | undefined {
  let unknown: string | undefined
  expand(text, (name) => {
    if (env[name] === undefined) unknown ??= name
    return undefined
  })
  return unknown
}
