// Command lines for crun, and the shell script that puts a container's world together before it.
// Pure: words in, words out. cgroups are entered by the script, so crun is told to leave them be.

export interface CrunOptions {
  readonly program: string
  /** crun's own state, on a tmpfs. */
  readonly stateFolder: string
}

export interface RunPlan {
  readonly id: string
  readonly bundle: string
  /** crun's messages go here, so that the container's stderr is its own. */
  readonly errorLog: string
  /** Name of the file for the pid of the container's first process. */
  readonly pidFile: string
  /** Files of cgroups into which a pid of 0 puts the writer. */
  readonly joinFiles: readonly string[]
  /** The root file system, and those of image volumes. */
  readonly overlays: readonly OverlayPlan[]
  readonly propagation: 'private' | 'slave' | 'unchanged'
}

export interface OverlayPlan {
  /** The layers' common folder and their names in it, uppermost first: short, for the kernel takes one page. */
  readonly layersFolder: string
  readonly layers: readonly string[]
  readonly upper: string
  readonly work: string
  readonly target: string
  /** In a user namespace overlayfs keeps its marks in user.* attributes. */
  readonly hasUserXattr: boolean
  readonly isReadonly?: boolean
}

/**
 * The overlay lives in a mount namespace of its own, so it ends with the container. What the
 * runtime needs least is to be chosen when memory runs out; where that is not allowed, it isn't.
 */
export function runArgv(crun: CrunOptions, plan: RunPlan): readonly string[] {
  const script = [
    `exec 3>&2 2>${quote(plan.errorLog)}`,
    ...plan.joinFiles.map((file) => `echo 0 > ${quote(file)}`),
    '(echo -1000 > /proc/self/oom_score_adj) 2>/dev/null && echo -1000 > /proc/self/oom_score_adj',
    ...plan.overlays.map(mountOverlay),
    `cd ${quote(plan.bundle)}`,
    `exec ${crunWords(crun, plan.errorLog)} run --pid-file ${quote(plan.pidFile)} ${plan.id} 2>&3 3>&-`,
  ].join('\n')
  return ['unshare', '--mount', '--propagation', plan.propagation, '--', 'sh', '-c', script]
}

export function mountOverlay(plan: OverlayPlan): string {
  const [only = ''] = plan.layers
  // An overlay needs an upper folder or a second layer; one layer alone is shown as it is.
  if (plan.isReadonly && plan.layers.length === 1)
    return `mount --bind -o ro,nodev ${quote(`${plan.layersFolder}/${only}`)} ${quote(plan.target)} || exit 1`
  const options = [
    `lowerdir=${plan.layers.map(escapeOption).join(':')}`,
    ...(plan.isReadonly ? [] : [`upperdir=${plan.upper}`, `workdir=${plan.work}`]),
    ...(plan.hasUserXattr ? ['userxattr'] : []),
  ]
  // Devices come from /dev alone; an image's own device files must not open anything.
  const flags = `nodev,${options.join(',')}`
  return [
    `cd ${quote(plan.layersFolder)} || exit 1`,
    `mount -t overlay overlay -o ${quote(flags)} ${quote(plan.target)} || exit 1`,
  ].join('\n')
}

export interface ExecPlan {
  readonly id: string
  readonly errorLog: string
  readonly pidFile: string
  readonly joinFiles: readonly string[]
  /** File with the process in OCI's form. */
  readonly processFile: string
}

export function execArgv(crun: CrunOptions, plan: ExecPlan): readonly string[] {
  const words = crunWords(crun, plan.errorLog)
  const script = [
    ...plan.joinFiles.map((file) => `echo 0 > ${quote(file)}`),
    `exec ${words} exec --process ${quote(plan.processFile)} --pid-file ${quote(plan.pidFile)} ${plan.id}`,
  ].join('\n')
  return ['sh', '-c', script]
}

export function deleteArgv({ program, stateFolder }: CrunOptions, id: string): readonly string[] {
  return [program, '--root', stateFolder, '--cgroup-manager=disabled', 'delete', '--force', id]
}

function crunWords({ program, stateFolder }: CrunOptions, errorLog: string): string {
  return [
    quote(program),
    '--root',
    quote(stateFolder),
    '--cgroup-manager=disabled',
    `--log=file:${quote(errorLog)}`,
    '--log-format=json',
  ].join(' ')
}

function escapeOption(text: string): string {
  return text.replace(/([\\:,])/g, '\\$1')
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
