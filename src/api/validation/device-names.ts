// Names in the world of devices: of drivers, pools, attributes.

import { type FieldError, invalid, required, tooLong } from '../field-error.ts'
import { formErrors, when } from './checks.ts'
import { cIdentifierProblems, dnsSubdomainProblems } from './names.ts'

const driverLimit = 63
const poolLimit = 253
const identifierLimit = 32

/** A driver's name is a domain's, of 63 characters at most, in whatever case. */
export function driverNameErrors(name: string, path: string): FieldError[] {
  return [
    ...when(name === '', required(path)),
    ...when(name.length > driverLimit, tooLong(path, driverLimit)),
    ...dnsSubdomainProblems(name.toLowerCase()).map((problem) => invalid(path, name, problem)),
  ]
}

/** Domains with slashes between them. */
export function poolNameErrors(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)]
  return [
    ...when(name.length > poolLimit, tooLong(path, poolLimit)),
    ...name.split('/').flatMap((part) => formErrors(part, path, dnsSubdomainProblems)),
  ]
}

/** An identifier, and before it perhaps the domain of who defined it. */
export function attributeNameErrors(name: string, path: string): FieldError[] {
  if (name === '') return [required(path, 'name required')]
  const [first = '', second, ...more] = name.split('/')
  if (second === undefined) return identifierErrors(first, path)
  if (more.length > 0) return []
  return [
    ...(first === ''
      ? [required(path, 'the domain must not be empty')]
      : driverNameErrors(first, path)),
    ...(second === ''
      ? [required(path, 'the name must not be empty')]
      : identifierErrors(second, path)),
  ]
}

export function fullAttributeNameErrors(name: string, path: string): FieldError[] {
  const isShort = name !== '' && !name.includes('/')
  return [
    ...attributeNameErrors(name, path),
    ...when(isShort, invalid(path, name, 'must include a domain')),
  ]
}

function identifierErrors(name: string, path: string): FieldError[] {
  return [
    ...when(name.length > identifierLimit, tooLong(path, identifierLimit)),
    ...formErrors(name, path, cIdentifierProblems),
  ]
}
