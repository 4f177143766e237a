// The Status that says a request without an object of its own has succeeded.

export function successStatus(code: number): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code }
}
