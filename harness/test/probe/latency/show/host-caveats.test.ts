// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { cpuStallText, hostNotes, type MeasuredOn } from '../../../../probe/latency/show/host-caveats.ts';
import type { HostSnapshot } from '../../../../probe/latency/finding.ts';

const quietHost: HostSnapshot = { load: 0.5, steal: 0, busy: 0.6 };

function record(accelerator: MeasuredOn['accelerator'], vcpus: number | null, facts: MeasuredOn['facts']): MeasuredOn {
  return { vcpus, accelerator, facts };
}

t.test('an emulator’s times are called that, and so are vCPUs without cores of their own', async (t) => {
  const notes = hostNotes(record('tcg', 2, { cores: '2', isolatedCpus: 'none' }), [quietHost]).join('\n');
  t.match(notes, /TCG: an emulator’s times. Absolute figures mean nothing/);
  t.match(notes, /2 vCPUs on 2 cores: .* works in favour of RCU/);
  t.notMatch(notes, /steal|busy|isolated/);
});

t.test('a good host gets no reproach', async (t) => {
  const facts = {
    cores: '16',
    isolatedCpus: '2-3',
    vcpuCores: '2,3',
    guestMemory: 'locked',
    guestTimers: 'the host kernel’s',
  };
  t.same(hostNotes(record('kvm', 2, facts), [quietHost, quietHost]), []);
  const shared = { ...facts, vcpuCores: 'not pinned: too few', guestMemory: 'not locked: no limit' };
  t.match(hostNotes(record('kvm', 2, shared), []), [
    'vCPUs: not pinned: too few.',
    'The guest’s memory: not locked: no limit.',
  ]);
});

t.test('steal, foreign work and missing isolation are reported', async (t) => {
  const snapshots = [quietHost, { load: 9.4, steal: 0.02, busy: 0.999 }, { load: 3, steal: null, busy: null }];
  const notes = hostNotes(record('kvm', 2, { cores: '16', isolatedCpus: 'none' }), snapshots).join('\n');
  t.match(notes, /Up to 2.0 % .*steal/);
  t.match(notes, /fully busy during 1 of 3 boots \(load up to 9.4\)/);
  t.match(notes, /No core is isolated/);
});

t.test('cores that stall by themselves are reported', async (t) => {
  const looked = { seconds: 5, leastMs: 1 };
  const still = cpuStallText(
    [
      { core: 0, stopsMs: [] },
      { core: 1, stopsMs: [] },
    ],
    looked,
  );
  t.equal(still, 'never for 1 ms or longer (2 cores, 5 s)');
  const facts = { cores: '16', isolatedCpus: '2-3' };
  t.same(hostNotes(record('kvm', 2, { ...facts, coresStood: still }), []), []);
  const stopped = cpuStallText(
    [
      { core: 2, stopsMs: [3.7, 1.2, 4.04] },
      { core: 3, stopsMs: [1.5] },
    ],
    looked,
  );
  t.equal(stopped, 'for 1 ms or longer 0.6 times a second, up to 4.0 ms (2 cores, 5 s)');
  t.match(hostNotes(record('kvm', 2, { ...facts, coresStood: stopped }), []), [
    /stalled for 1 ms or longer 0.6 times a second, up to 4.0 ms .*not the kernel’s alone/,
  ]);
});

t.test('a machine that was not booted says so', async (t) => {
  t.match(hostNotes(record(null, null, { cores: '8', isolatedCpus: '2-7' }), []), [/One kernel on the machine itself/]);
});
