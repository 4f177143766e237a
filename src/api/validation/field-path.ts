// Places in an object, as messages name them: spec.containers[0].env[1].name, data[key].

export function child(path: string, ...names: readonly string[]): string {
  return [path, ...names].filter((name) => name !== '').join('.')
}

/** The place of a list's element, or of a map's entry by its key. */
export function at(path: string, index: number | string): string {
  return `${path}[${index}]`
}
