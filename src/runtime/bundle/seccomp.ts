// Table: system calls that containers may not make under RuntimeDefault, and how chown and
// setuid pretend to work where a user namespace has only one user.

import type { OciSeccomp } from './spec.ts'

type Rule = OciSeccomp['syscalls'][number]

const errno = { EPERM: 1, ENOSYS: 38 } as const

/** With the capability that allows them after all; '' for none. */
const refused: Readonly<Record<string, string>> = {
  '': 'add_key keyctl request_key kexec_file_load kexec_load nfsservctl _sysctl sysfs uselib ustat userfaultfd vm86 vm86old io_uring_enter io_uring_register io_uring_setup lookup_dcookie swapon swapoff',
  CAP_SYS_ADMIN:
    'fanotify_init fsconfig fsmount fsopen fspick mount mount_setattr move_mount open_tree pivot_root quotactl quotactl_fd setdomainname sethostname setns umount umount2 unshare',
  CAP_SYS_MODULE:
    'create_module delete_module finit_module init_module query_module get_kernel_syms',
  CAP_SYS_BOOT: 'reboot',
  CAP_SYS_PACCT: 'acct',
  CAP_SYS_TIME: 'clock_adjtime clock_settime settimeofday stime',
  CAP_SYS_RAWIO: 'ioperm iopl',
  CAP_SYS_NICE: 'mbind migrate_pages move_pages set_mempolicy set_mempolicy_home_node',
  CAP_BPF: 'bpf',
  CAP_PERFMON: 'perf_event_open',
  CAP_DAC_READ_SEARCH: 'open_by_handle_at',
  CAP_SYSLOG: 'syslog',
  CAP_SYS_TTY_CONFIG: 'vhangup',
}

/** CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET} in clone's flags. */
const newNamespaceFlags = 0x7e020000

/** Socket families that reach past the container: vsock. */
const vsock = 40

export function runtimeDefault(capabilities: readonly string[]): OciSeccomp {
  const isAllowed = (capability: string) =>
    capabilities.includes(capability) || capabilities.includes('CAP_SYS_ADMIN')
  const names = Object.entries(refused)
    .filter(([capability]) => capability === '' || !isAllowed(capability))
    .flatMap(([, words]) => words.split(' '))
  return {
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [
      deny(names),
      {
        ...deny(['socket']),
        args: [{ index: 0, value: vsock, op: 'SCMP_CMP_EQ' }],
      },
      ...(capabilities.includes('CAP_SYS_ADMIN') ? [] : namespaceRules),
    ],
  }
}

/** clone3 keeps its flags in memory, where no filter sees them: programs then use clone. */
const namespaceRules: readonly Rule[] = [
  ...Array.from({ length: 32 }, (_, bit) => 2 ** bit)
    .filter((flag) => (newNamespaceFlags & flag) !== 0)
    .map((flag) => ({
      ...deny(['clone']),
      args: [{ index: 0, value: flag, valueTwo: flag, op: 'SCMP_CMP_MASKED_EQ' }],
    })),
  { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: errno.ENOSYS },
]

/** Where only one user exists: asking to be, or to give a file to, another one changes nothing. */
const pretended =
  'chown fchown lchown fchownat setuid setgid setreuid setregid setresuid setresgid setgroups ' +
  'setfsuid setfsgid'

export function withPretendedUsers(seccomp: OciSeccomp | undefined): OciSeccomp {
  const rule: Rule = { names: pretended.split(' '), action: 'SCMP_ACT_ERRNO', errnoRet: 0 }
  return {
    defaultAction: 'SCMP_ACT_ALLOW',
    ...seccomp,
    syscalls: [...(seccomp?.syscalls ?? []), rule],
  }
}

function deny(names: readonly string[]): Rule {
  return { names, action: 'SCMP_ACT_ERRNO', errnoRet: errno.EPERM }
}
