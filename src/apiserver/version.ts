// GET /version: which Kubernetes this is, and what runs it.

import { kubernetesVersion } from '../api/kubernetes-version.ts'
import { jsonAnswer } from './answer.ts'
import type { RequestHandler } from './chain-request.ts'

const info = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: kubernetesVersion,
  // Clients take it for a hash; a package is of no commit.
  gitCommit: '0'.repeat(40),
  gitTreeState: 'archive',
  buildDate: '1970-01-01T00:00:00Z',
  // Clients show these; they describe what runs the server.
  goVersion: `node${process.versions.node}`,
  compiler: 'v8',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
}

export const serveVersion: RequestHandler = async () => jsonAnswer(200, info)
