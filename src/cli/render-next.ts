// What to type once a cluster runs.

export function renderNext(name: string): string {
  const suffix = name === 'sampan' ? '' : ` --name ${name}`
  return [
    '',
    `The cluster "${name}" is ready; kubectl's context is sampan-${name}. Try:`,
    '',
    '  kubectl get nodes',
    '  kubectl create deployment web --image=nginx --replicas=2',
    '  kubectl expose deployment web --type=NodePort --port=80',
    '',
    `NodePorts answer on 127.0.0.1. Images from files: npx sampan load FILE.tar${suffix}`,
    `What it is doing: npx sampan status${suffix}. Away with it: npx sampan down${suffix}`,
  ].join('\n')
}
