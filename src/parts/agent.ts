// The agent of a cluster: for each of its nodes kubelet, runtime and pod network; one service
// proxy and DNS for all. It speaks to the API server alone, and to the command line over a socket.

import { dnsServiceAddress } from '../cluster/certificates.ts'
import { fabricAddress, fabricSubnet, type PublishedPort } from '../cluster/config.ts'
import { serveControl } from '../cluster/control-server.ts'
import { runPart } from '../cluster/run-part.ts'
import { readJson } from '../cluster/state.ts'
import { clusterDns, dnsWants } from '../dns/cluster-dns.ts'
import { kubeletWants } from '../kubelet/kubelet.ts'
import { systemClock } from '../lib/clock.ts'
import { startEgress } from '../network/egress.ts'
import { publishPorts, publishWants } from '../network/publish-ports.ts'
import { proxyWants, startProxy } from '../proxy/proxy.ts'
import { createControl } from './agent-control.ts'
import { clusterDrivers } from './agent-drivers.ts'
import { startNodes } from './agent-nodes.ts'

runPart({ name: 'agent' }, async (context) => {
  const { config, folder, log, signal } = context
  const drivers = await clusterDrivers(context)
  await context.peerReady('control-plane')
  const informers = drivers.inform([...kubeletWants, ...proxyWants, ...dnsWants, ...publishWants])
  const proxy = startProxy({
    informers,
    namespaces: [
      drivers.fabric,
      ...config.nodes.map(({ name, podCidr }) => ({
        ...drivers.namespaceOf(name),
        node: { name, podCidr },
      })),
    ],
    podSubnet: config.podSubnet,
    serviceSubnet: config.serviceSubnet,
    signal,
    log,
  })
  const nodes = await startNodes(context, { ...drivers, informers, left: proxy.left })
  const dns = clusterDns({
    informers,
    domain: config.domain,
    address: fabricAddress,
    serviceAddress: dnsServiceAddress(config),
    porter: context.porter,
    signal,
    log,
  })
  const publisher = publishPorts({
    porter: context.porter,
    informers,
    nodes: config.nodes,
    ports: readJson<readonly PublishedPort[]>(folder.ports) ?? config.ports,
    events: drivers.recordAs('proxy', 'kube-proxy'),
    clock: systemClock,
    signal,
    log,
  })
  await startEgress({
    porter: context.porter,
    nft: drivers.fabric.nft,
    ip: drivers.fabric.ip,
    address: fabricAddress,
    inside: [config.podSubnet, config.serviceSubnet, fabricSubnet],
    signal,
    log,
  })
  const control = createControl(context, { ...drivers, nodes, publisher })
  await serveControl(folder.agentSocket, control, signal)
  await Promise.all([nodes.ready, proxy.ready, dns.ready, publisher.ready])
  context.ready()
  await Promise.all([nodes.ended, proxy.ended, dns.ended, publisher.ended, informers.ended])
  drivers.close()
})
