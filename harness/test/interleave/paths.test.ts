// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { contenderNamed, pathNamed } from '../../interleave/paths.ts';
import { programCommand } from '../../interleave/program.ts';
import type { RaceFolder } from '../../race/read.ts';
import { backendOf, SWAPOFF } from '../race/shipped.ts';

t.test('a path begins and ends where its race says, by names of the kernel’s version', async (t) => {
  t.match(pathNamed(SWAPOFF, 'fault'), {
    anchor: { functions: ['do_swap_page'], match: 'target-fault' },
    limits: { untilReturnOf: ['__swap_duplicate', 'swapcache_prepare'], limit: 60_000 },
    success: 'major-fault',
  });
  t.match(pathNamed(SWAPOFF, 'count'), {
    limits: { untilReturnOf: ['swp_swapcount'], limit: 6_000 },
    success: 'value',
  });
  t.same(pathNamed(SWAPOFF, 'free', '6.1.192').anchor.functions, ['free_swap_and_cache']);
  t.same(pathNamed(SWAPOFF, 'free', '6.12.3').anchor.functions, ['free_swap_and_cache_nr', 'free_swap_and_cache']);
  t.throws(() => pathNamed(SWAPOFF, 'teleport'), { code: 'NO_SUCH_PATH', fault: 'usage', hint: /fault, shmem/ });
});

t.test('either side may be held', async (t) => {
  t.equal(pathNamed(SWAPOFF, 'swapoff').anchor.functions[0], '__do_sys_swapoff');
  t.same(contenderNamed(SWAPOFF, 'fault'), { name: 'fault', enters: ['do_swap_page'], waits: null });
  t.match(contenderNamed(SWAPOFF, 'swapoff').waits, {
    calls: ['synchronize_rcu', 'synchronize_sched', 'stop_machine', 'wait_for_completion'],
    in: [
      '__do_sys_swapoff',
      '__se_sys_swapoff',
      '__x64_sys_swapoff',
      'SyS_swapoff',
      'sys_swapoff',
      'exit_swap_address_space',
    ],
  });
  t.throws(() => contenderNamed(SWAPOFF, 'mincore'), { code: 'NO_SUCH_CONTENDER', hint: /swapoff\+swapon/ });
});

t.test('each set-up is made ready before the program starts on it', async (t) => {
  const command = (path: string, setup: string): string =>
    programCommand({ race: SWAPOFF, path, meanwhile: 'swapoff', backend: backendOf(setup) });
  t.equal(
    command('fault', 'solid-state'),
    'exec 2>&1; echo 0 > /sys/block/vda/queue/rotational && exec swapoff-place fault swapoff /dev/vda',
  );
  t.equal(
    command('count', 'zram'),
    'exec 2>&1; echo 1024K > /sys/block/zram0/disksize && exec swapoff-place count swapoff /dev/zram0',
  );
  const scene = { race: SWAPOFF, path: 'fault', meanwhile: 'swapoff' };
  t.throws(() => programCommand({ ...scene, backend: { kind: 'file', filesystem: 'ext4', sizeKiB: 1024 } }), {
    code: 'NOT_PLACED_ON',
    fault: 'usage',
  });
});

t.test('shell commands are passed to the program, and a race of them alone needs no C', async (t) => {
  const race: RaceFolder = {
    ...SWAPOFF,
    programs: [],
    operations: {
      ...{ fault: { describe: 'x', held: SWAPOFF.operations['fault']?.held, shell: "echo 'a' > b" } },
      ...{ swapoff: { describe: 'x', meanwhile: SWAPOFF.operations['swapoff']?.meanwhile, shell: 'swapoff /dev/vda' } },
    },
  };
  t.equal(
    programCommand({ race, path: 'fault', meanwhile: 'swapoff', backend: backendOf('rotational') }),
    [
      'exec 2>&1; echo 1 > /sys/block/vda/queue/rotational && exec place fault swapoff',
      `--shell 'fault=echo '\\''a'\\'' > b' --shell 'swapoff=swapoff /dev/vda' /dev/vda`,
    ].join(' '),
  );
});
