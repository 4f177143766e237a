// A broad tour with kubectl: chapters of steps, each a command line and what it must say. It needs
// nodes whose Pods run at once. Everything is in the namespace `default`.

export interface Step {
  /** Words after `kubectl`, split at spaces. */
  readonly run: string
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  /** All of what it says on stdout, its last line end aside; or a form it must have. */
  readonly out?: string | RegExp
  readonly err?: string | RegExp
  /** Its exit code; 0 where it is not given. */
  readonly code?: number
  /** For kubectl from 1.`since` on, and before 1.`before`. */
  readonly since?: number
  readonly before?: number
}

const list = (...objects: readonly object[]) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })

const appMap = (value: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'app', labels: { group: 'g' } },
  data: { value },
})

const appDeployment = (replicas: number, fields: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'app', labels: { group: 'g' } },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'app' } },
    template: {
      metadata: { labels: { app: 'app' } },
      spec: { containers: [{ name: 'main', image: 'busybox:1' }] },
    },
    ...fields,
  },
})

const app = (replicas: number) => list(appMap('1'), appDeployment(replicas))

/** Since 1.34 kubectl names the namespace of what it deletes. */
const deleted = (what: string) => new RegExp(`^${what} deleted( from default namespace)?$`)

export const tour: Readonly<Record<string, readonly Step[]>> = {
  'a workload is made, shown and exposed': [
    { run: 'create deployment web --image=nginx:1.20', out: 'deployment.apps/web created' },
    { run: 'scale deployment web --replicas=2', out: 'deployment.apps/web scaled' },
    {
      run: 'rollout status deployment/web --timeout=20s',
      out: /deployment "web" successfully rolled out$/,
    },
    {
      run: 'get deployments',
      out: /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2 +2 +2 +\d+s$/,
    },
    {
      run: 'get deployments web -o wide --no-headers',
      out: /^web +2\/2 +2 +2 +\d+s +nginx +nginx:1\.20 +app=web$/,
    },
    {
      run: 'get pods --no-headers',
      out: /^web-\w+-\w+ +1\/1 +Running +0 +\d+s\nweb-\w+-\w+ +1\/1 +Running +0 +\d+s$/,
    },
    {
      run: 'get pods -o wide --no-headers --field-selector=spec.nodeName=n1',
      out: /^web-\w+-\w+ +1\/1 +Running +0 +\d+s +10\.244\.0\.\d+ +n1 +<none> +<none>$/,
    },
    { run: 'expose deployment web --port=80', out: 'service/web exposed' },
    {
      run: 'get services',
      out: /^NAME +TYPE +CLUSTER-IP +EXTERNAL-IP +PORT\(S\) +AGE\nkubernetes .*\nweb +ClusterIP +10\.96\.\d+\.\d+ +<none> +80\/TCP +\d+s$/,
    },
    { run: 'get endpoints web --no-headers', out: /^web +10\.244\.0\.\d+:80,10\.244\.0\.\d+:80 / },
    {
      run: 'get all -o name',
      out: /^pod\/web.*\npod\/web.*\nservice\/kubernetes\nservice\/web\ndeployment\.apps\/web\nreplicaset\.apps\/web-\w+$/,
    },
    {
      run: 'describe deployment web',
      out: /^Replicas: +2 desired \| 2 updated \| 2 total \| 2 available \| 0 unavailable$/m,
    },
    { run: 'describe service web', out: /^Endpoints: +10\.244\.0\.\d+:80,10\.244\.0\.\d+:80$/m },
    { run: 'describe pods -l app=web', out: /^Controlled By: +ReplicaSet\/web-\w+$/m },
  ],
  'objects are shown in every form': [
    { run: 'get deployment web -o name', out: 'deployment.apps/web' },
    { run: 'get deployment web -o jsonpath={.spec.replicas}', out: '2' },
    {
      run: 'get deployment web -o custom-columns=NAME:.metadata.name,IMAGE:.spec.template.spec.containers[*].image',
      out: /^NAME +IMAGE\nweb +nginx:1\.20$/,
    },
    { run: 'get deployment web -o go-template={{.metadata.name}}', out: 'web' },
    { run: 'get deployment web -o yaml', out: /^apiVersion: apps\/v1\nkind: Deployment\n/ },
    {
      run: 'get deployment web -o json',
      out: /^\{\n {4}"apiVersion": "apps\/v1",\n {4}"kind": "Deployment",/,
    },
    {
      run: 'get services --sort-by=.spec.ports[0].port -o name',
      out: 'service/web\nservice/kubernetes',
    },
    { run: 'get services --sort-by=.metadata.name --no-headers', out: /^kubernetes .*\nweb .*$/ },
    {
      run: 'get pods --field-selector=status.phase=Failed',
      err: 'No resources found in default namespace.',
    },
    {
      run: 'get pods --field-selector=spec.colour=red',
      code: 1,
      err: 'Error from server (BadRequest): Unable to find "/v1, Resource=pods" that match label selector "", field selector "spec.colour=red": field label not supported: spec.colour',
    },
    {
      run: 'get pods nothing',
      code: 1,
      err: 'Error from server (NotFound): pods "nothing" not found',
    },
    {
      run: 'get --raw /api/v1/namespaces/default/services/web',
      out: /^\{"kind":"Service","apiVersion":"v1","metadata":\{/,
    },
    { run: 'get --raw /healthz', out: 'ok' },
    {
      run: 'get events --field-selector=reason=ScalingReplicaSet --no-headers',
      out: /Scaled up replica set web-\w+ from 0 to 1$/m,
    },
    {
      run: 'get namespaces -o name',
      out: 'namespace/default\nnamespace/kube-node-lease\nnamespace/kube-public\nnamespace/kube-system',
    },
  ],
  'objects are changed by every kind of patch': [
    { run: 'label deployment web tier=front', out: 'deployment.apps/web labeled' },
    {
      run: 'label deployment web tier=back',
      code: 1,
      err: /'tier' already has a value \(front\), and --overwrite is false$/,
    },
    { run: 'annotate deployment web note=hello', out: 'deployment.apps/web annotated' },
    { run: 'get deployments -L tier --no-headers', out: /^web .* front$/ },
    { run: 'patch deployment web -p {"spec":{"replicas":3}}', out: 'deployment.apps/web patched' },
    {
      run: 'patch deployment web -p {"spec":{"replicas":3}}',
      out: 'deployment.apps/web patched (no change)',
    },
    {
      run: 'patch deployment web --type=merge -p {"metadata":{"labels":{"tier":null}}}',
      out: 'deployment.apps/web patched',
    },
    {
      run: 'patch deployment web --type=json -p [{"op":"remove","path":"/metadata/annotations/note"}]',
      out: 'deployment.apps/web patched',
    },
    {
      run: 'patch deployment web --type=json -p [{"op":"test","path":"/spec/replicas","value":7}]',
      code: 1,
      err: /^The request is invalid/,
    },
    {
      run: 'patch deployment web -p {"spec":{"replicas":-1}}',
      code: 1,
      err: 'The Deployment "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    },
    {
      run: 'edit deployment web',
      env: { KUBE_EDITOR: 'sed -i s/replicas:.3/replicas:\\ 2/' },
      out: 'deployment.apps/web edited',
    },
    { run: 'set image deployment/web nginx=nginx:1.22', out: 'deployment.apps/web image updated' },
    { run: 'set env deployment/web A=b', out: 'deployment.apps/web env updated' },
    { run: 'set env deployment/web --list', out: '# Deployment web, container nginx\nA=b' },
    {
      run: 'set resources deployment/web --limits=cpu=200m --requests=cpu=10m',
      out: 'deployment.apps/web resource requirements updated',
    },
    {
      run: 'set serviceaccount deployment web default',
      out: 'deployment.apps/web serviceaccount updated',
    },
    { run: 'set selector service web app=web', out: 'service/web selector updated' },
    {
      run: 'rollout status deployment/web --timeout=20s',
      out: /deployment "web" successfully rolled out$/,
    },
  ],
  'rollouts have a history': [
    {
      run: 'rollout history deployment/web --revision=2',
      out: /^deployment\.apps\/web with revision #2\nPod Template:\n(.*\n)* *Image:\tnginx:1\.22/,
    },
    { run: 'rollout undo deployment/web --to-revision=1', out: 'deployment.apps/web rolled back' },
    { run: 'rollout pause deployment/web', out: 'deployment.apps/web paused' },
    { run: 'rollout resume deployment/web', out: 'deployment.apps/web resumed' },
    { run: 'rollout restart deployment/web', out: 'deployment.apps/web restarted' },
    {
      run: 'rollout status deployment/web --timeout=20s',
      out: /deployment "web" successfully rolled out$/,
    },
    {
      run: 'get deployment web -o jsonpath={.spec.template.spec.containers[0].image}',
      out: 'nginx:1.20',
    },
  ],
  'apply merges on the client, and says what would change': [
    { run: 'apply -f -', input: app(1), out: 'configmap/app created\ndeployment.apps/app created' },
    {
      run: 'apply -f -',
      input: app(1),
      out: 'configmap/app unchanged\ndeployment.apps/app unchanged',
    },
    { run: 'diff -f -', input: app(1), out: '' },
    { run: 'diff -f -', input: app(2), code: 1, out: /^- {2}replicas: 1\n\+ {2}replicas: 2$/m },
    {
      run: 'apply -f -',
      input: app(2),
      out: 'configmap/app unchanged\ndeployment.apps/app configured',
    },
    { run: 'apply view-last-applied configmap app', out: /^data:\n {2}value: "1"$/m },
    {
      run: 'apply --prune -l group=g -f -',
      input: list(appDeployment(2)),
      since: 21,
      out: /^deployment\.apps\/app unchanged\nconfigmap\/app pruned$/,
    },
    {
      run: 'apply --dry-run=server -f -',
      input: list(appMap('2')),
      out: /^configmap\/app (created|configured) \(server dry run\)$/,
    },
    { run: 'replace -f -', input: list(appDeployment(1)), out: 'deployment.apps/app replaced' },
    {
      run: 'replace --force -f -',
      input: list(appDeployment(1)),
      out: /deployment\.apps "app" deleted.*\ndeployment\.apps\/app replaced$/,
    },
    {
      run: 'create -f -',
      input: list(appDeployment(1)),
      code: 1,
      err: /^Error from server \(AlreadyExists\): .*deployments\.apps "app" already exists$/,
    },
    { run: 'delete deployment app', out: deleted('deployment.apps "app"') },
  ],
  'apply merges on the server, which knows who owns what': [
    {
      run: 'apply --server-side -f -',
      input: list(appDeployment(1)),
      out: 'deployment.apps/app serverside-applied',
    },
    {
      run: 'apply --server-side --field-manager=other -f -',
      input: list(appDeployment(2)),
      code: 1,
      err: /Apply failed with 1 conflict: conflict with "kubectl": \.spec\.replicas/,
    },
    {
      run: 'apply --server-side --field-manager=other --force-conflicts -f -',
      input: list(appDeployment(2)),
      out: 'deployment.apps/app serverside-applied',
    },
    { run: 'get deployment app -o jsonpath={.spec.replicas}', out: '2' },
    { run: 'delete deployment app', out: deleted('deployment.apps "app"') },
  ],
  'what is wrong is said': [
    {
      run: 'apply --validate=true -f -',
      input: list({ ...appMap('1'), dataz: {} }),
      code: 1,
      err: /unknown field "dataz"/,
    },
    {
      run: 'create --validate=false -f -',
      input: list(appDeployment(1, { selector: { matchLabels: { app: 'other' } } })),
      code: 1,
      err: /The Deployment "app" is invalid: spec\.template\.metadata\.labels: Invalid value: .*: `selector` does not match template `labels`$/,
    },
    {
      run: 'create -f -',
      input: '{"apiVersion":"v1","kind":"Foo","metadata":{"name":"x"}}',
      code: 1,
      err: /no matches for kind "Foo" in version "v1"/,
    },
    { run: 'top nodes', code: 1, err: /[Mm]etrics (API )?not available/ },
    {
      run: 'certificate approve nothing',
      code: 1,
      err: 'Error from server (NotFound): certificatesigningrequests.certificates.k8s.io "nothing" not found',
    },
    { run: 'get frogs', code: 1, err: 'error: the server doesn\'t have a resource type "frogs"' },
  ],
  'what the generators make is accepted': [
    { run: 'create configmap settings --from-literal=a=b', out: 'configmap/settings created' },
    { run: 'create secret generic password --from-literal=p=q', out: 'secret/password created' },
    {
      run: 'create secret docker-registry registry --docker-username=u --docker-password=p',
      out: 'secret/registry created',
    },
    {
      run: 'get secrets --no-headers',
      out: /^password +Opaque +1 +\d+s\nregistry +kubernetes\.io\/dockerconfigjson +1 +\d+s$/,
    },
    { run: 'describe secret password', out: /^Type: +Opaque\n\nData\n====\np: +1 bytes$/m },
    { run: 'create serviceaccount robot', out: 'serviceaccount/robot created' },
    {
      run: 'create role reader --verb=get,list --resource=pods',
      out: 'role.rbac.authorization.k8s.io/reader created',
    },
    {
      run: 'create rolebinding reader --role=reader --serviceaccount=default:robot',
      out: 'rolebinding.rbac.authorization.k8s.io/reader created',
    },
    {
      run: 'create clusterrole seer --verb=get --resource=nodes',
      out: 'clusterrole.rbac.authorization.k8s.io/seer created',
    },
    {
      run: 'create clusterrolebinding seer --clusterrole=seer --serviceaccount=default:robot',
      out: 'clusterrolebinding.rbac.authorization.k8s.io/seer created',
    },
    { run: 'create quota all --hard=secrets=50', out: 'resourcequota/all created' },
    {
      run: 'create quota all --hard=secrets=50',
      code: 1,
      err: /resourcequotas "all" already exists$/,
    },
    {
      run: 'create poddisruptionbudget web --selector=app=web --min-available=1',
      since: 22,
      out: 'poddisruptionbudget.policy/web created',
    },
    {
      run: 'create priorityclass high --value=10',
      out: 'priorityclass.scheduling.k8s.io/high created',
    },
    {
      run: 'get priorityclasses high',
      out: /^NAME +VALUE +GLOBAL-DEFAULT +AGE( +PREEMPTIONPOLICY)?\nhigh +10 +false +\d+s/,
    },
    { run: 'create job once --image=busybox:1 -- true', out: 'job.batch/once created' },
    {
      run: 'create cronjob often --image=busybox:1 --schedule=@hourly -- date',
      since: 21,
      out: 'cronjob.batch/often created',
    },
    {
      run: 'create job now --from=cronjob/often',
      since: 21,
      out: 'job.batch/now created',
    },
    {
      run: 'create ingress front --rule=example.com/a=web:80',
      out: 'ingress.networking.k8s.io/front created',
    },
    { run: 'get ingresses --no-headers', out: /^front +<none> +example\.com +80 +\d+s$/ },
    { run: 'create service nodeport door --tcp=80:80', out: 'service/door created' },
    { run: 'create service externalname far --external-name=a.b', out: 'service/far created' },
    { run: 'create service clusterip none --clusterip=None --tcp=80', out: 'service/none created' },
    {
      run: 'get services door far none --no-headers',
      out: /^door +NodePort +10\.96\.\d+\.\d+ +<none> +80:3\d{4}\/TCP +\d+s\nfar +ExternalName +<none> +a\.b +<none> +\d+s\nnone +ClusterIP +None +<none> +80\/TCP +\d+s$/,
    },
    {
      run: 'autoscale deployment web --min=1 --max=3 --cpu-percent=80',
      out: 'horizontalpodautoscaler.autoscaling/web autoscaled',
    },
    {
      run: 'get hpa --no-headers',
      out: /^web +Deployment\/web +(cpu: )?<unknown>\/80% +1 +3 +0 +\d+s$/,
    },
    { run: 'delete hpa web', out: deleted('horizontalpodautoscaler.autoscaling "web"') },
  ],
  'accounts have rights and tokens': [
    { run: 'auth can-i list pods --as=system:serviceaccount:default:robot', out: 'yes' },
    {
      run: 'auth can-i delete pods --as=system:serviceaccount:default:robot',
      code: 1,
      out: /^no/,
    },
    {
      run: 'auth can-i --list --as=system:serviceaccount:default:robot',
      out: /^pods +\[\] +\[\] +\[get list\]$/m,
    },
    {
      run: 'get secrets --as=system:serviceaccount:default:robot',
      code: 1,
      err: 'Error from server (Forbidden): secrets is forbidden: User "system:serviceaccount:default:robot" cannot list resource "secrets" in API group "" in the namespace "default"',
    },
    { run: 'create token robot --duration=1h', since: 24, out: /^[\w-]+\.[\w-]+\.[\w-]+$/ },
    {
      run: 'auth whoami -o jsonpath={.status.userInfo.username}',
      since: 28,
      out: 'kubernetes-admin',
    },
    { run: 'describe rolebinding reader', out: /^ {2}ServiceAccount +robot +default$/m },
  ],
  'Pods are run and waited for': [
    { run: 'run one --image=busybox:1 --restart=Never', out: 'pod/one created' },
    { run: 'wait --for=condition=Ready pod/one --timeout=20s', out: 'pod/one condition met' },
    {
      run: 'run two --image=busybox:1 --dry-run=client -o name',
      out: 'pod/two',
    },
    {
      run: 'run two --image=busybox:1 --dry-run=server -o jsonpath={.spec.schedulerName}',
      out: 'default-scheduler',
    },
    {
      run: 'debug one --image=busybox:1 -c peek --attach=false',
      since: 23,
    },
    {
      run: 'get pod one -o jsonpath={.spec.ephemeralContainers[*].name}',
      since: 23,
      out: 'peek',
    },
    { run: 'delete pod one --timeout=20s', out: deleted('pod "one"') },
    { run: 'get pod one', code: 1, err: 'Error from server (NotFound): pods "one" not found' },
  ],
  'nodes are closed, tainted and emptied': [
    {
      run: 'get nodes --no-headers',
      out: /^n1 +Ready +<none> +\d+s *\nn2 +Ready +<none> +\d+s *$/,
    },
    { run: 'cordon n2', out: 'node/n2 cordoned' },
    { run: 'get node n2 --no-headers', out: /^n2 +Ready,SchedulingDisabled / },
    { run: 'uncordon n2', out: 'node/n2 uncordoned' },
    { run: 'taint node n2 a=b:NoSchedule', out: 'node/n2 tainted' },
    { run: 'describe node n2', out: /^Taints: +a=b:NoSchedule$/m },
    { run: 'taint node n2 a-', out: 'node/n2 untainted' },
    {
      run: 'drain n2 --ignore-daemonsets --force --delete-emptydir-data --timeout=30s',
      out: /^node\/n2 (drained|evicted)$/m,
    },
    { run: 'get pods --field-selector=spec.nodeName=n2 -o name', out: '' },
    { run: 'uncordon n2', out: 'node/n2 uncordoned' },
  ],
  'the server says what it has': [
    { run: 'version', out: /v1\.36\.2\+sampan/ },
    { run: 'api-versions', out: /^admissionregistration\.k8s\.io\/v1\n(.*\n)*v1$/ },
    { run: 'api-resources -o name', out: /^bindings\ncomponentstatuses\nconfigmaps\n/ },
    {
      run: 'api-resources --namespaced=false --api-group=storage.k8s.io -o name',
      out: /^csidrivers\.storage\.k8s\.io\ncsinodes\.storage\.k8s\.io\n/,
    },
    {
      run: 'explain deployment.spec.strategy',
      out: /rollingUpdate\t<(Object|RollingUpdateDeployment)>/,
    },
    { run: 'explain pods --recursive', out: /^ +terminationGracePeriodSeconds\t<integer>$/m },
    { run: 'cluster-info', out: /is running at .*https:\/\/127\.0\.0\.1:\d+/ },
    { run: 'config view -o jsonpath={.contexts[0].name}', out: 'test' },
    { run: 'cluster-info dump --namespaces=kube-system', out: /"kind": "NodeList"/ },
  ],
  'what is owned goes with its owner, or stays': [
    { run: 'delete deployment web --cascade=orphan', out: deleted('deployment.apps "web"') },
    { run: 'get replicasets -l app=web -o name', out: /^replicaset\.apps\/web-/ },
    {
      run: 'delete replicasets -l app=web --cascade=foreground',
      since: 20,
      out: /replicaset\.apps "web-\w+" deleted/,
    },
    { run: 'get pods -l app=web -o name', out: '' },
    { run: 'delete configmaps,secrets -l group!=g', out: /secret "password" deleted/ },
    { run: 'delete job once --cascade=foreground', out: deleted('job.batch "once"') },
    { run: 'create namespace away', out: 'namespace/away created' },
    { run: 'create configmap inside -n away', out: 'configmap/inside created' },
    { run: 'delete namespace away --timeout=30s', out: /namespace "away" deleted$/ },
    { run: 'get configmaps -n away -o name', out: '' },
  ],
}
