// The table of what is particular to a kind when it is written: how it may be named, which
// change is a new generation, what a client may not set, what is checked.

import type { KindEntry } from './kinds.ts'
import { appsRules } from './rules/apps-rules.ts'
import { coreRules } from './rules/core-rules.ts'
import type { KindRules } from './rules/kind-rule.ts'
import { otherRules } from './rules/other-rules.ts'
import { podRules } from './rules/pod-rules.ts'
import { dnsSubdomainProblems } from './validation/names.ts'

/** By group/version/kind; the version is left out where there is one alone. */
const table: Readonly<Record<string, Partial<KindRules>>> = {
  '/Pod': podRules,
  ...coreRules,
  ...appsRules,
  ...otherRules,
}

/** What holds for this kind; subdomain names and nothing particular where the table is silent. */
export function kindRules({ group, version, kind }: KindEntry): KindRules {
  const own = table[`${group}/${version}/${kind}`] ?? table[`${group}/${kind}`]
  return { nameProblems: dnsSubdomainProblems, ...own }
}
