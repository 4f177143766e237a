// Which Kubernetes this is, with a suffix of its own as distributions have.

export const kubernetesVersion = 'v1.36.2+sampan'
