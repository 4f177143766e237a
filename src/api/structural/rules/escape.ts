// Property names as rules write them: `a-b` is a__dash__b, `in` is __in__. Some names have no such
// form; rules cannot name those.

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

const written: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
}
const read: Readonly<Record<string, string>> = {
  underscores: '__',
  dot: '.',
  dash: '-',
  slash: '/',
}

/** Reserved words may be fields without being escaped: self.metadata.namespace. */
export function escapedField(field: string): string {
  return reserved.has(field) ? `__${field}__` : field
}

/** Undefined for a name that no identifier stands for. */
export function escapeName(name: string): string | undefined {
  if (!/^[a-zA-Z_./-][a-zA-Z0-9_./-]*$/.test(name)) return undefined
  if (reserved.has(name)) return `__${name}__`
  return name.replace(/__|[./-]/g, (found) => written[found] ?? found)
}

/** The name that an identifier stands for; undefined where it stands for none. */
export function unescapeName(escaped: string): string | undefined {
  let isName = true
  const name = escaped.replace(/__([^_]+)__/g, (found, word: string) => {
    const meant = read[word]
    if (meant !== undefined) return meant
    isName &&= reserved.has(word) && found === escaped
    return word
  })
  return isName ? name : undefined
}
