import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ValidatingAdmissionPolicy } from '../../../api/types.gen.ts'
import { type Annotations, collectAnnotations, publishAnnotations } from './audit-annotations.ts'
import { createEnvironment } from './environment.ts'

const policyOf = (...valueExpressions: readonly string[]): ValidatingAdmissionPolicy => ({
  ...{ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy' },
  metadata: { name: 'p.example.com' },
  spec: {
    auditAnnotations: valueExpressions.map((valueExpression, index) => ({
      ...{ key: `k${index}`, valueExpression },
    })),
  },
})

test('annotations are gathered by policy and key, each value once; null says nothing', () => {
  const policy = policyOf("'is ' + object.name", 'null', 'object.missing')
  const found: Annotations = new Map()
  const environment = createEnvironment()
  const collect = (name: string) =>
    collectAnnotations(
      policy,
      { environment, bindings: environment.bind({ object: { name } }) },
      found,
    )
  const failures = ["expression 'object.missing' resulted in error: no such key: missing"]
  for (const name of ['a', 'a', 'b']) assert.deepEqual(collect(name), failures)
  const published: string[] = []
  const annotate = (key: string, value: string) => void published.push(`${key}=${value}`)
  publishAnnotations(found, { annotate } as never)
  assert.deepEqual(published, ['p.example.com/k0=is a, is b'])
})
