// anyOf, oneOf, allOf and not: further schemas for the same value. Of alternatives that all fail
// the one that matched most is reported.

import type { Schema } from './schema.ts'
import {
  type Compile,
  type Judge,
  type Judged,
  merge,
  placeless,
  type Verdict,
  verdict,
} from './verdict.ts'

/** Undefined where the schema has none. */
export function junctionJudge(schema: Schema, compile: Compile): Judge | undefined {
  const judges = [anyJudge, oneJudge, allJudge, notJudge]
    .map((judgeOf) => judgeOf(schema, compile))
    .filter((judge) => judge !== undefined)
  if (judges.length === 0) return undefined
  return (judged) => {
    const found = verdict(1)
    for (const judge of judges) merge(found, judge(judged))
    return found
  }
}

function message({ path }: Judged, what: string) {
  return placeless(`${JSON.stringify(path)} ${what}`)
}

function anyJudge({ anyOf = [] }: Schema, compile: Compile): Judge | undefined {
  const judges = anyOf.map(compile)
  if (judges.length === 0) return undefined
  return (judged) => {
    let nearest: Verdict | undefined
    for (const judge of judges) {
      const found = judge(judged)
      if (found.errors.length === 0) return found
      if (!nearest || found.matches > nearest.matches) nearest = found
    }
    const failed = verdict(0, message(judged, 'must validate at least one schema (anyOf)'))
    if (nearest) merge(failed, nearest)
    return failed
  }
}

function oneJudge({ oneOf = [] }: Schema, compile: Compile): Judge | undefined {
  const judges = oneOf.map(compile)
  if (judges.length === 0) return undefined
  return (judged) => {
    const verdicts = judges.map((judge) => judge(judged))
    const valid = verdicts.filter(({ errors }) => errors.length === 0)
    const [first] = valid
    if (first && valid.length === 1) return first
    const what = 'must validate one and only one schema (oneOf).'
    if (first) {
      return verdict(0, message(judged, `${what} Found ${valid.length} valid alternatives`))
    }
    const failed = verdict(0, message(judged, `${what} Found none valid`))
    const nearest = verdicts.reduce((best, each) => (each.matches > best.matches ? each : best))
    merge(failed, nearest)
    return failed
  }
}

function allJudge({ allOf = [] }: Schema, compile: Compile): Judge | undefined {
  const judges = allOf.map(compile)
  if (judges.length === 0) return undefined
  return (judged) => {
    const all = verdict(0)
    let valid = 0
    for (const judge of judges) {
      const found = judge(judged)
      if (found.errors.length === 0) valid++
      merge(all, found)
    }
    if (valid < judges.length) {
      const none = valid === 0 ? '. None validated' : ''
      all.errors.push(message(judged, `must validate all the schemas (allOf)${none}`))
    }
    return all
  }
}

function notJudge({ not }: Schema, compile: Compile): Judge | undefined {
  if (!not) return undefined
  const judge = compile(not)
  return (judged) =>
    judge(judged).errors.length === 0
      ? verdict(0, message(judged, 'must not validate the schema (not)'))
      : verdict(0)
}
