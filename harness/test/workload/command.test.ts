// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import type { SwapBackend } from '../../model/guest.ts';
import { stressCommand, type Workload } from '../../workload/command.ts';
import { SWAPOFF } from '../race/shipped.ts';

const disk: SwapBackend = { kind: 'virtio-blk', rotational: true, sizeKiB: 1024 };

function specOf(changes: Partial<Workload> = {}): Workload {
  return {
    seed: 77,
    race: 'swapoff',
    workload: 'anon',
    backend: disk,
    threads: 8,
    pages: 64,
    seconds: 20,
    hangSeconds: 15,
    ...changes,
  };
}

/** Options by name; fails on a word that is no option. */
function optionsOf(command: string): Record<string, string | undefined> {
  const [program, ...words] = command.split(' ');
  t.equal(program, 'swapoff-stress');
  t.equal(words.length % 2, 0, 'every option has a value');
  return Object.fromEntries(words.flatMap((word, index) => (index % 2 === 0 ? [[word, words[index + 1]]] : [])));
}

t.test('everything that a trial asks for is on the command line', async (t) => {
  const options = optionsOf(stressCommand(specOf()));
  t.match(options, { '--kind': 'anon', '--threads': '8', '--pages': '64', '--seconds': '20', '--seed': '77' });
});

t.test('each kind goes by its own name', async (t) => {
  for (const workload of Object.keys(SWAPOFF.workloads))
    t.equal(optionsOf(stressCommand(specOf({ workload })))['--kind'], workload);
});

t.test('each backend is prepared from its own parameters', async (t) => {
  const backend = (value: SwapBackend): string | undefined =>
    optionsOf(stressCommand(specOf({ backend: value })))['--backend'];
  t.equal(backend(disk), 'blk:/dev/vda:rotational=1');
  t.equal(backend({ ...disk, rotational: false }), 'blk:/dev/vda:rotational=0');
  t.equal(backend({ kind: 'file', filesystem: 'ext4', sizeKiB: 512 }), 'file:/mnt/swapfile:kib=512:device=/dev/vda');
  t.equal(backend({ kind: 'zram', sizeKiB: 2048 }), 'zram:2048');
});

t.test('the workload outwaits the harness: a hang at the very end is still seen', async (t) => {
  t.ok(Number(optionsOf(stressCommand(specOf({ hangSeconds: 15 })))['--join-seconds']) > 15);
});
