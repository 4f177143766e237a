import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canMapRange, findProblems, type MachineFacts } from './machine.ts'

const complete: MachineFacts = {
  isRoot: false,
  user: 'ada',
  uid: 1000,
  missing: [],
  subuid: 'ada:100000:65536\n',
  subgid: '1000:100000:65536\n',
  userNamespaceLimit: '96365',
  unprivilegedClone: '1',
  appArmorRestriction: undefined,
}

test('a complete machine has no problems', () => {
  assert.deepEqual(findProblems(complete), [])
  assert.equal(canMapRange(complete), true)
})

test('missing programs are named with the one command that installs them', () => {
  assert.deepEqual(findProblems({ ...complete, missing: ['nft', 'ip', 'crun', 'newuidmap'] }), [
    {
      message: 'not found on this machine: ip, nft, crun',
      command: 'sudo apt-get install -y iproute2 nftables crun',
      isFatal: true,
    },
    {
      message: 'not found on this machine: newuidmap',
      command: 'sudo apt-get install -y uidmap',
      isFatal: false,
    },
  ])
})

test('root needs no sudo and no id maps', () => {
  const facts = { ...complete, isRoot: true, subuid: '', missing: ['nft', 'newuidmap'] }
  assert.deepEqual(findProblems(facts), [
    {
      message: 'not found on this machine: nft',
      command: 'apt-get install -y nftables',
      isFatal: true,
    },
  ])
})

test('a kernel setting that forbids user namespaces is named', () => {
  const commands = (facts: Partial<MachineFacts>) =>
    findProblems({ ...complete, ...facts }).map(({ command }) => command)
  assert.deepEqual(commands({ userNamespaceLimit: '0' }), [
    'sudo sysctl -w user.max_user_namespaces=15000',
  ])
  assert.deepEqual(commands({ unprivilegedClone: '0' }), [
    'sudo sysctl -w kernel.unprivileged_userns_clone=1',
  ])
  assert.deepEqual(commands({ appArmorRestriction: '1' }), [
    'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
  ])
})

test('without subordinate ids a cluster runs, and the command that adds them is named', () => {
  const facts = { ...complete, subuid: 'bob:100000:65536\n' }
  assert.deepEqual(findProblems(facts), [
    {
      message: 'ada has no subordinate ids, so all files in containers belong to one user',
      command: 'sudo usermod --add-subuids 165536-231071 --add-subgids 165536-231071 ada',
      isFatal: false,
    },
  ])
  assert.equal(canMapRange(facts), false)
})
