// Table: what the bench measures, in this order.

import { readScenarios } from './read-scenarios.ts'
import type { Scenario } from './scenario.ts'
import { writeScenarios } from './write-scenarios.ts'

export const scenarios: readonly Scenario[] = [...writeScenarios, ...readScenarios]
