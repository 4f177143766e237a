// sampan version: of Sampan, of the Kubernetes it speaks, of the Node.js it runs on.

import { kubernetesVersion } from '../../api/kubernetes-version.ts'
import { jsonOption, type Verb } from '../verb.ts'

export const version: Verb = {
  name: 'version',
  help: 'versions of Sampan, Kubernetes and Node.js',
  options: [jsonOption],
  async run({ out, version: sampan }, values) {
    const versions = { sampan, kubernetes: kubernetesVersion, node: process.version }
    if (values['json']) out.json(versions)
    else {
      const { kubernetes, node } = versions
      out.print(`sampan ${sampan}\nkubernetes ${kubernetes}\nnode ${node}`)
    }
    return 0
  },
}
