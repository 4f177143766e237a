// The shell script that builds a fabric from within its new namespaces.
// In: the nodes and addresses. Out: text for one sh; it prints `pid N` and, when all stands, `ready`.

export interface FabricNode {
  readonly name: string
  readonly address: string
  readonly podCidr: string
}

export interface FabricPlan {
  readonly nodes: readonly FabricNode[]
  /** 172.18.0.1 and 172.18.0.0/16. */
  readonly address: string
  readonly subnet: string
  /** Addresses of Services, which the fabric's own processes reach through its rules. */
  readonly serviceSubnet: string
  /** Text of the fabric's /etc/resolv.conf, and the real file on the host that it covers. */
  readonly resolvConf: { readonly text: string; readonly file: string }
}

/** The agent serves the kubelet of node n, counted from 1, at the fabric's address and this port. */
export const kubeletPort = 10250

/**
 * /proc still shows the host's process ids when the script starts, which is how the shell
 * learns the pid by which the host knows it.
 */
export function renderFabric(plan: FabricPlan): string {
  return [
    'set -e',
    'read -r pid rest < /proc/self/stat',
    'echo "pid $pid"',
    ...mounts(plan),
    ...sysctls,
    feed('ip -batch -', fabricLinks(plan)),
    ...plan.nodes.flatMap((node, index) => [
      feed(`nsenter --net=/run/netns/${node.name} sh -es`, renderNode(plan, node, index), '&'),
      `node${index}=$!`,
    ]),
    ...plan.nodes.map((_, index) => `wait $node${index}`),
    'echo ready',
    '',
  ].join('\n')
}

function mounts({ resolvConf }: FabricPlan): readonly string[] {
  const { text, file } = resolvConf
  const isHidden = file.startsWith('/run/')
  return [
    'mount -t proc proc /proc',
    'mount -t tmpfs -o mode=755 tmpfs /run',
    'mkdir /run/netns',
    ...(isHidden ? [`mkdir -p ${quote(parentOf(file))}`, `: > ${quote(file)}`] : []),
    feed('cat > /run/resolv.conf', text.trimEnd().split('\n')),
    `mount --bind /run/resolv.conf ${quote(file)} || echo "resolv.conf stays the host's" >&2`,
  ]
}

/**
 * Frames that cross the bridge are not the fabric's own traffic: its rules must not see them.
 * Reverse path filters would drop what egress and hairpin traffic rightly does. No link makes
 * itself an IPv6 address, with whose announcements a fabric would be busy.
 */
const sysctls = [
  'cd /proc/sys/net',
  'echo 1 > ipv4/ip_forward',
  'echo 0 > ipv4/conf/all/rp_filter',
  'echo 0 > ipv4/conf/default/rp_filter',
  'for f in bridge/bridge-nf-call-*tables; do [ ! -e "$f" ] || echo 0 > "$f"; done',
  'for f in ipv6/conf/*/addr_gen_mode; do [ ! -e "$f" ] || echo 1 > "$f"; done',
  'cd /',
]

function fabricLinks({ nodes, address, subnet, serviceSubnet }: FabricPlan): readonly string[] {
  return [
    'link set lo up',
    'link add br0 type bridge',
    `addr add ${address}/${prefixLength(subnet)} dev br0`,
    'link set br0 up',
    ...nodes.flatMap(({ name }, index) => [
      `netns add ${name}`,
      `link add node${index + 1} type veth peer name eth0 netns ${name}`,
      `link set node${index + 1} master br0 up`,
    ]),
    ...nodes.map((node) => `route add ${node.podCidr} via ${node.address}`),
    `route add ${serviceSubnet} dev br0 src ${address}`,
  ]
}

function renderNode(plan: FabricPlan, node: FabricNode, index: number): readonly string[] {
  return [
    ...sysctls,
    // A packet from 127.0.0.1 to a node port leaves through another interface.
    'echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet',
    feed('ip -batch -', nodeLinks(plan, node)),
    feed('nft -f -', nodeRules(plan, node, index)),
  ]
}

function nodeLinks(plan: FabricPlan, node: FabricNode): readonly string[] {
  const others = plan.nodes.filter((other) => other !== node)
  return [
    'link set lo up',
    `addr add ${node.address}/${prefixLength(plan.subnet)} dev eth0`,
    'link set eth0 up',
    `route add default via ${plan.address}`,
    ...others.map((other) => `route add ${other.podCidr} via ${other.address}`),
    // Pods of this node that do not exist are unreachable here, and not sent in circles.
    `route add unreachable ${node.podCidr} metric 4294967295`,
  ]
}

/**
 * The kubelet is reached at the node's own address. The caller's address is replaced, since the
 * answer must come back through the node. What claims to be for loopback and comes from
 * elsewhere is dropped, which route_localnet would let in.
 */
function nodeRules({ address }: FabricPlan, node: FabricNode, index: number): readonly string[] {
  const port = kubeletPort + index + 1
  const toKubelet = `ip daddr ${node.address} tcp dport ${kubeletPort} dnat to ${address}:${port}`
  return [
    'table ip sampan_node {',
    `  chain prerouting { type nat hook prerouting priority -101; ${toKubelet}; }`,
    `  chain output { type nat hook output priority -101; ${toKubelet}; }`,
    '  chain postrouting { type nat hook postrouting priority 99;',
    `    ct status dnat ip daddr ${address} tcp dport ${port} masquerade; }`,
    '  chain raw { type filter hook prerouting priority -300;',
    '    iif != "lo" ip daddr 127.0.0.0/8 drop; }',
    '}',
  ]
}

/** A command that reads `lines` from a here-document, whose end no line can be. */
function feed(command: string, lines: readonly string[], end = ''): string {
  const word = `end_${lines.join('\n').match(/end_/g)?.length ?? 0}`
  return [`${command} <<'${word}' ${end}`.trimEnd(), ...lines, word].join('\n')
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

function prefixLength(subnet: string): string {
  return subnet.slice(subnet.indexOf('/') + 1)
}
