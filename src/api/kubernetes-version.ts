// Which Kubernetes this is; the one place that says so.

/** The release whose behaviour this is. Nodes report it as their kubelet's. */
export const kubernetesRelease = 'v1.36.2'

/** With a suffix of its own, as distributions have. */
export const kubernetesVersion = `${kubernetesRelease}+sampan`
