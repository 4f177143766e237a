// Places in an object, as messages name them: spec.containers[0].env[1].name, data[key].

/** Asked for at every field of every object: texts are put together and not looked at. */
export function child(path: string, name: string, inner = ''): string {
  const place = path === '' ? name : name === '' ? path : `${path}.${name}`
  return inner === '' ? place : child(place, inner)
}

/** The place of a list's element, or of a map's entry by its key. */
export function at(path: string, index: number | string): string {
  return `${path}[${index}]`
}
