// What of a request's warnings its answer shows: each once, and no more than a head should hold. Bounds
// and cuts are upstream's (apiserver/pkg/endpoints/filters/warning.go).

/** In characters: of all together, and of each once all are more than that. */
const most = { all: 4096, each: 256 }

export function shownWarnings(warnings: readonly string[]): readonly string[] {
  const distinct = [...new Set(warnings)].filter((text) => text !== '')
  if (distinct.reduce((sum, text) => sum + lengthOf(text), 0) <= most.all) return distinct
  const shown: string[] = []
  for (let length = 0; length < most.all && shown.length < distinct.length; ) {
    const text = startOf(distinct[shown.length] ?? '')
    shown.push(text)
    length += lengthOf(text)
  }
  return shown
}

/** There may be more of them than a call takes arguments. */
export function addWarnings(
  request: { readonly warnings: string[] },
  added: readonly string[],
): void {
  for (const text of added) request.warnings.push(text)
}

function lengthOf(text: string): number {
  let length = 0
  for (const _character of text) length++
  return length
}

/** Never half a character. */
function startOf(text: string): string {
  return [...text.slice(0, 2 * most.each)].slice(0, most.each).join('')
}
