// Which folder of src may import which. The tidy test fails on any import not listed here.

export const layers: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  cel: ['lib'],
  api: ['lib', 'cel'],
  wire: ['lib'],
  host: ['lib'],
  store: ['lib', 'api', 'wire'],
  client: ['lib', 'api', 'wire'],
  cri: ['lib', 'wire'],
  apiserver: ['lib', 'cel', 'api', 'wire', 'store'],
  controllers: ['lib', 'api', 'wire', 'client'],
  scheduler: ['lib', 'api', 'client'],
  runtime: ['lib', 'wire', 'host', 'cri'],
  kubelet: ['lib', 'api', 'wire', 'client', 'cri', 'host'],
  network: ['lib', 'api', 'client', 'cri', 'host'],
  proxy: ['lib', 'api', 'client', 'host'],
  dns: ['lib', 'api', 'wire', 'client', 'host'],
  cluster: ['lib', 'api', 'wire', 'client', 'host'],
  cli: ['lib', 'api', 'wire', 'client', 'host', 'cluster'],
}
