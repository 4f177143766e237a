// sampan up: makes a cluster, from flags and a kind file, and runs it in the background.

import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import type { ClusterConfig } from '../../cluster/config.ts'
import { startCluster, upCluster, viewCluster } from '../../cluster/lifecycle.ts'
import { planCluster } from '../../cluster/plan-cluster.ts'
import { planStore } from '../../cluster/store-flag.ts'
import { UserError } from '../../cluster/user-error.ts'
import { lifeOptions, waitOption } from '../life-options.ts'
import { publishContext } from '../publish-context.ts'
import { renderNext } from '../render-next.ts'
import { type CliContext, clusterName, nameOption, type OptionValues, type Verb } from '../verb.ts'

export const up: Verb = {
  name: 'up',
  help: 'make a cluster and run it in the background',
  options: [
    nameOption,
    { flags: '--config <file>', help: "a kind file (kind.x-k8s.io/v1alpha4), '-' reads stdin" },
    {
      flags: '--nodes <count>',
      help: 'how many nodes, the first is the control plane (default: 3)',
    },
    waitOption,
    { flags: '--k8s-domain <domain>', help: 'DNS domain of the cluster (default: cluster.local)' },
    { flags: '--store <store>', help: 'etcd=URL,... (default: a log of the cluster itself)' },
    { flags: '--etcd-cafile <file>', help: 'what signed the certificate of etcd, PEM' },
    { flags: '--etcd-certfile <file>', help: 'certificate for etcd, PEM' },
    { flags: '--etcd-keyfile <file>', help: 'key of that certificate, PEM' },
    { flags: '--etcd-user <name>', help: 'user of etcd, where it asks for one' },
    { flags: '--etcd-password-file <file>', help: 'file with the password of that user' },
    { flags: '--audit-policy-file <file>', help: 'what the API server records (audit.k8s.io/v1)' },
    { flags: '--audit-log-path <file>', help: "where it records ('-': standard output)" },
    { flags: '--encryption-provider-config <file>', help: 'how objects are encrypted at rest' },
    { flags: '--ensure', help: 'no error where the cluster is there already: it is started' },
  ],
  async run(context, values) {
    const { out } = context
    const { config, warnings } = await planned(context, values)
    for (const warning of warnings) out.warn(warning)
    const { name } = config
    const existing = values['ensure'] ? await viewCluster(name) : undefined
    if (existing?.life === 'running') {
      out.note(`The cluster "${name}" is running.`)
    } else {
      const options = lifeOptions(context, values)
      const { apiServerPort } = existing
        ? await startCluster(name, options)
        : await upCluster(config, options)
      await publishContext(name, { apiServerPort, env: context.env })
    }
    out.print(renderNext((existing?.config ?? config).name))
    return 0
  },
}

async function planned(
  context: CliContext,
  values: OptionValues,
): Promise<{ config: ClusterConfig; warnings: readonly string[] }> {
  const { config: file, nodes, k8sDomain } = values
  const name = values['name'] || context.env['SAMPAN_CLUSTER'] ? clusterName(context, values) : ''
  const etcd = plannedStore(context, values)
  const apiServerArgs = apiServerFlags(context, values)
  return planCluster({
    ...(etcd && { etcd }),
    apiServerArgs,
    ...(name && { name }),
    ...(typeof nodes === 'string' && { nodes: wholeNumber(nodes) }),
    ...(typeof k8sDomain === 'string' && { domain: k8sDomain }),
    ...(typeof file === 'string' && { kind: await readKindFile(context, file) }),
    resolveHostPath: (path) => resolve(context.cwd, path.replace(/^~(?=\/|$)/, homedir())),
  })
}

function apiServerFlags({ cwd }: CliContext, values: OptionValues): Record<string, string> {
  const { auditPolicyFile, auditLogPath, encryptionProviderConfig } = values
  const given = {
    'audit-policy-file': auditPolicyFile,
    'audit-log-path': auditLogPath,
    'encryption-provider-config': encryptionProviderConfig,
  }
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value === '-' ? value : resolve(cwd, value)]] : [],
    ),
  )
}

function plannedStore({ cwd }: CliContext, values: OptionValues) {
  const file = (value: string | boolean | undefined) =>
    typeof value === 'string' ? resolve(cwd, value) : undefined
  const { store, etcdCafile, etcdCertfile, etcdKeyfile, etcdUser } = values
  const [caFile, certFile, keyFile] = [file(etcdCafile), file(etcdCertfile), file(etcdKeyfile)]
  const passwordFile = file(values['etcdPasswordFile'])
  return planStore({
    ...(typeof store === 'string' && { store }),
    ...(caFile && { caFile }),
    ...(certFile && { certFile }),
    ...(keyFile && { keyFile }),
    ...(typeof etcdUser === 'string' && { user: etcdUser }),
    ...(passwordFile && { passwordFile }),
  })
}

async function readKindFile({ cwd }: CliContext, file: string) {
  // YAML is slow to load, and most runs need none.
  const { parseKindFile } = await import('../../cluster/kind-file.ts')
  try {
    return parseKindFile(readFileSync(file === '-' ? 0 : resolve(cwd, file), 'utf8'), file)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    throw new UserError(`--config ${file}: ${error.message}`)
  }
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new UserError('--nodes: expected a number')
  return Number(text)
}
