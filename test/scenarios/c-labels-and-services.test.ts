// C. Labels, selectors, Services in depth: what the "expose your app" tutorial does.

import assert from 'node:assert/strict'
import { eventually, get, refuses, type TestCluster } from './support/cluster.ts'
import { scenario } from './support/scenario.ts'

const image = 'gcr.io/google-samples/kubernetes-bootcamp:v1'
const deployment = 'kubernetes-bootcamp'
const bootcamp = /^Hello Kubernetes bootcamp! \| Running on: kubernetes-bootcamp-\S+ \| v=1\n$/

scenario(
  'C labels and services',
  { name: 'test', images: ['hello'] },
  {
    async 'C1 a deployment exposed as a NodePort answers on the address that sampan ip prints'(c) {
      await c.kubectl('create', 'deployment', deployment, `--image=${image}`)
      await c.kubectl('expose', `deployment/${deployment}`, '--type=NodePort', '--port', '8080')
      await c.kubectl('rollout', 'status', `deployment/${deployment}`, '--timeout=60s')
      const url = await urlOf(c)
      await eventually(async () => assert.match((await get(url)).body, bootcamp))
    },

    async 'C1 describe service prints every line that the tutorial reads'(c) {
      const text = await c.kubectl('describe', `services/${deployment}`)
      const pod = await onlyPod(c)
      const podIp = await c.kubectl('get', 'pod', pod, '-o', 'jsonpath={.status.podIP}')
      const clusterIp = await c.kubectl(
        'get',
        'svc',
        deployment,
        '-o',
        'jsonpath={.spec.clusterIP}',
      )
      assert.equal(field(text, 'Name'), deployment)
      assert.equal(field(text, 'Namespace'), 'default')
      assert.equal(field(text, 'Labels'), `app=${deployment}`)
      assert.equal(field(text, 'Annotations'), '<none>')
      assert.equal(field(text, 'Selector'), `app=${deployment}`)
      assert.equal(field(text, 'Type'), 'NodePort')
      assert.equal(field(text, 'IP'), clusterIp)
      assert.match(clusterIp, /^10\.96\.\d+\.\d+$/)
      assert.equal(field(text, 'Port'), '<unset>  8080/TCP')
      assert.equal(field(text, 'TargetPort'), '8080/TCP')
      assert.match(field(text, 'NodePort'), /^<unset> {2}3\d{4}\/TCP$/)
      assert.equal(field(text, 'Endpoints'), `${podIp}:8080`)
      assert.equal(field(text, 'Session Affinity'), 'None')
      assert.equal(field(text, 'External Traffic Policy'), 'Cluster')
      assert.equal(field(text, 'Events'), '<none>')
    },

    async 'C2 describe deployment shows replicas, strategy, template, conditions and the event'(c) {
      const text = await c.kubectl('describe', 'deployment')
      assert.equal(field(text, 'Labels'), `app=${deployment}`)
      assert.equal(field(text, 'Selector'), `app=${deployment}`)
      assert.equal(
        field(text, 'Replicas'),
        '1 desired | 1 updated | 1 total | 1 available | 0 unavailable',
      )
      assert.equal(field(text, 'StrategyType'), 'RollingUpdate')
      assert.equal(field(text, 'RollingUpdateStrategy'), '25% max unavailable, 25% max surge')
      assert.equal(field(text, 'Image'), image)
      assert.match(text, /Available\s+True\s+MinimumReplicasAvailable/)
      assert.match(text, /Progressing\s+True\s+NewReplicaSetAvailable/)
      assert.equal(field(text, 'OldReplicaSets'), '<none>')
      assert.match(
        field(text, 'NewReplicaSet'),
        /^kubernetes-bootcamp-\S+ \(1\/1 replicas created\)$/,
      )
      assert.match(
        text,
        /Normal\s+ScalingReplicaSet\s+\S+\s+deployment-controller\s+Scaled up replica set kubernetes-bootcamp-\S+ from 0 to 1/,
      )
    },

    async 'C2 label selectors, equality and sets, find Pods and Services'(c) {
      const names = (...argv: string[]) => c.kubectl('get', ...argv, '-o', 'name')
      assert.match(await names('pods', '-l', `app=${deployment}`), /^pod\/kubernetes-bootcamp-\S+$/)
      assert.equal(await names('services', '-l', `app=${deployment}`), `service/${deployment}`)
      assert.equal(await names('pods', '-l', `app in (x,${deployment})`), `pod/${await onlyPod(c)}`)
      assert.equal(await names('pods', '-l', `app notin (${deployment})`), '')
      assert.equal(await names('services', '-l', 'app'), `service/${deployment}`)
      assert.equal(await names('services', '-l', '!app'), 'service/kubernetes')
    },

    async 'C3 a label is added to a Pod, described, and selected by'(c) {
      const pod = await onlyPod(c)
      assert.equal(await c.kubectl('label', 'pod', pod, 'version=v1'), `pod/${pod} labeled`)
      assert.match(await c.kubectl('describe', 'pods', pod), /version=v1/)
      assert.equal(await c.kubectl('get', 'pods', '-l', 'version=v1', '-o', 'name'), `pod/${pod}`)
    },

    async 'C3 a label change that leaves the selector orphans the Pod and makes another'(c) {
      const pod = await onlyPod(c)
      await c.kubectl('label', 'pod', pod, 'app=v1', '--overwrite')
      await eventually(async () => {
        const slices = await c.json<Slices>(
          'get',
          'endpointslices',
          '-l',
          `kubernetes.io/service-name=${deployment}`,
        )
        const targets = slices.items
          .flatMap(({ endpoints }) => endpoints ?? [])
          .map(({ targetRef }) => targetRef?.name)
        assert.equal(targets.length, 1)
        assert.notEqual(targets[0], pod)
      })
      assert.equal(await c.kubectl('get', 'pods', '-l', 'app=v1', '-o', 'name'), `pod/${pod}`)
      assert.equal(
        await c.kubectl('get', 'pod', pod, '-o', 'jsonpath={.metadata.ownerReferences}'),
        '',
      )
      await c.kubectl('delete', 'pod', pod, '--now')
    },

    async 'C4 a deleted Service refuses from outside while the application answers inside'(c) {
      const url = await urlOf(c)
      await eventually(async () => assert.match((await get(url)).body, bootcamp))
      await c.kubectl('delete', 'service', '-l', `app=${deployment}`)
      await eventually(() => refuses(url))
      const pod = await onlyPod(c)
      assert.match(
        `${await c.kubectl('exec', pod, '--', 'curl', '-s', 'localhost:8080')}\n`,
        bootcamp,
      )
    },
  },
)

interface Slices {
  readonly items: readonly {
    readonly endpoints?: readonly { readonly targetRef?: { readonly name: string } }[]
  }[]
}

async function urlOf(c: TestCluster): Promise<string> {
  const template = '{{(index .spec.ports 0).nodePort}}'
  const port = await c.kubectl('get', `services/${deployment}`, '-o', `go-template=${template}`)
  return `http://${await c.sampan('ip')}:${port}/`
}

async function onlyPod(c: TestCluster): Promise<string> {
  const names = await c.kubectl(
    'get',
    'pods',
    '-l',
    `app=${deployment}`,
    '--field-selector',
    'status.phase=Running',
    '-o',
    'name',
  )
  assert.equal(names.split('\n').length, 1, names)
  return names.replace('pod/', '')
}

/** The value of the first line `Name:   value` of a description. */
function field(text: string, name: string): string {
  return new RegExp(`^\\s*${name}:[ \\t]*(.*)$`, 'm').exec(text)?.[1]?.trim() ?? ''
}
