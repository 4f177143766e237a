// Quantities belong to the API; the code is in lib because CEL calculates with them too.

export * from '../lib/quantity.ts'
