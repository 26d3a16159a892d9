// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { choose, chooseCores, dedicate, parseCpuList } from '../../machine/dedicated.ts';

const ordinary = {
  status: 'Name:\tnode\nCapEff:\t0000000000000000\n',
  limits:
    'Limit                     Soft Limit           Hard Limit           Units     \n' +
    'Max locked memory         8388608              8388608              bytes     \n' +
    'Max realtime priority     0                    0                    \n',
};
const root = { ...ordinary, status: 'Name:\tnode\nCapEff:\t000001ffffffffff\n' };
const cores = { allowed: [0, 1, 2, 3], isolated: [] };

t.test('lists of CPUs are read as the kernel writes them', async (t) => {
  t.same(parseCpuList('0-3,8,10-11\n'), [0, 1, 2, 3, 8, 10, 11]);
  t.same(parseCpuList('5\n'), [5]);
  t.same(parseCpuList('\n'), []);
});

t.test('vCPUs get isolated cores, or the last ones, when there is one for each', async (t) => {
  t.same(chooseCores(2, { allowed: [0, 1, 4, 5], isolated: [2, 3] }), [2, 3]);
  t.same(chooseCores(2, { allowed: [0, 1, 2, 3], isolated: [3] }), [2, 3], 'too few are isolated');
  t.same(chooseCores(2, { allowed: [4, 6, 7], isolated: [] }), [6, 7]);
  t.equal(chooseCores(4, { allowed: [0, 1], isolated: [] }), '4 vCPUs on 2 cores');
});

t.test('root gives everything, a user what the limits allow, and both are recorded', async (t) => {
  t.match(choose({ vcpus: 2, memoryMiB: 256 }, 'tcg', cores, root), {
    cores: [2, 3],
    lockMemory: false,
    promptTimers: true,
    facts: { vcpuCores: '2,3', guestMemory: /^emulated/, guestTimers: /FIFO 10/ },
  });
  t.match(choose({ vcpus: 8, memoryMiB: 256 }, 'tcg', cores, ordinary), {
    cores: null,
    lockMemory: false,
    promptTimers: false,
    facts: { vcpuCores: 'not pinned: 8 vCPUs on 4 cores', guestTimers: /^not prompt: .*ulimit -r/ },
  });
  t.match(choose({ vcpus: 2, memoryMiB: 256 }, 'kvm', cores, ordinary), {
    lockMemory: false,
    facts: { guestMemory: /^not locked: .*ulimit -l/ },
  });
  const limits = ordinary.limits.replace('8388608 ', 'unlimited ').replace('priority     0 ', 'priority     95');
  t.match(choose({ vcpus: 2, memoryMiB: 256 }, 'tcg', cores, { ...ordinary, limits }), { promptTimers: true });
  t.match(choose({ vcpus: 2, memoryMiB: 256 }, 'kvm', cores, { ...ordinary, limits }), { lockMemory: true });
  t.match(choose({ vcpus: 2, memoryMiB: 256 }, 'kvm', cores, root), {
    lockMemory: true,
    promptTimers: false,
    facts: { guestMemory: 'locked', guestTimers: 'the host kernel’s' },
  });
});

t.test('this host is read', async (t) => {
  const guest = { vcpus: 1, memoryMiB: 256, cmdline: [], backend: { kind: 'zram', sizeKiB: 1024 } } as const;
  t.equal((await dedicate(guest, 'tcg')).cores?.length, 1, 'there is a core to run on');
});
