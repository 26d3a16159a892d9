// SPDX-License-Identifier: GPL-2.0-only
/** Every kind of probe proves the kernel of its guests before anything is measured. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import t, { type Test } from 'tap';
import { formatSchedule } from '../../interleave/schedule.ts';
import { SymbolTable } from '../../interleave/symbols.ts';
import type { Lab } from '../../lab/lab.ts';
import type { Kernel } from '../../model/kernel.ts';
import { countUntilClaim } from '../../probe/latency/hot-path.ts';
import { measureBoot } from '../../probe/latency/measure.ts';
import type { LatencyWorkload } from '../../probe/latency/types.ts';
import { withPlacement } from '../../probe/place/guest.ts';
import { runPlaced } from '../../probe/place/run.ts';
import { EFFECTS, runSearch } from '../../probe/search/run.ts';
import type { SearchArgs } from '../../probe/search/spec.ts';
import { runStress } from '../../probe/stress/run.ts';
import { makePlaceSpec } from '../probe/place/fixtures/make.ts';
import { makeSearchSpec, makeStep } from '../probe/search/fixtures/make.ts';
import { makeProbe, makeStep as makeTrial } from '../probe/stress/fixtures/make.ts';
import { SWAPOFF } from '../race/shipped.ts';
import { fakeKit, kernel as anyKernel, type FakeKit } from './fake-guest.ts';

const never = new AbortController().signal;
const silent = (): void => undefined;
const machine = { vcpus: 2, memoryMiB: 128, cmdline: [], backend: { kind: 'zram', sizeKiB: 1024 } } as const;
const symbols = new SymbolTable('ffffffff81001000 T do_swap_page\n');
const MESSAGE = /the guest runs build cd34, not ab12/;
const refused = { code: 'WRONG_KERNEL', fault: 'boot', message: MESSAGE };

/** A lab whose guests report another build than was asked for. */
function wrong(): FakeKit & Lab {
  return Object.assign(fakeKit({ buildId: 'cd34' }), { decision: { accelerator: 'tcg', reason: '' } as const });
}

/** Nothing was done to its one guest beyond asking for its uptime and its build id, and it has ended. */
function untouched(t: Test, { guests }: FakeKit): void {
  t.equal(guests.length, 1, 'no further guest');
  t.same(
    guests[0]?.commands.map((command) => command.split(' ')[0]),
    ['cat', 'od'],
  );
  t.equal(guests[0]?.running, false);
}

/** With a vmlinux that has symbols. */
async function kernelWithSymbols(dir: string): Promise<Kernel> {
  const [source, vmlinux] = [join(dir, 'a.c'), join(dir, 'vmlinux')];
  await writeFile(source, 'void do_swap_page(void) {}\nvoid get_swap_device(void) {}\n');
  await execa('gcc', ['-c', '-o', vmlinux, source]);
  return { ...anyKernel, vmlinux, record: { id: 'k' } } as Kernel;
}

t.test('stress', async (t) => {
  const dir = t.testdir({});
  const lab = wrong();
  const files = { path: (name: string) => join(dir, name) };
  const stage = { kernel: anyKernel, lab, files, signal: never, emit: silent, progress: silent };
  const { kind, message, guestBuildId } = await runStress(makeTrial(), { ...makeProbe(), ...machine }, stage);
  t.equal(kind, 'wrong-kernel');
  t.match(message, MESSAGE);
  t.equal(guestBuildId, 'cd34');
  untouched(t, lab);
});

t.test('latency, and its count of instructions', async (t) => {
  const dir = t.testdir({});
  const lab = wrong();
  const boot = {
    ...{ kernel: anyKernel, race: SWAPOFF, files: { path: (name: string) => join(dir, name) } },
    guest: { ...machine, backend: { kind: 'virtio-blk', rotational: true, sizeKiB: 1024 } },
    workload: { seconds: 1, hangSeconds: 1 } as LatencyWorkload,
  } as const;
  const { end } = await measureBoot(boot, { lab, signal: never });
  t.match(end, { kind: 'wrong-kernel', message: MESSAGE });
  untouched(t, lab);
  const counted = wrong();
  await t.rejects(countUntilClaim(SWAPOFF.name, await kernelWithSymbols(dir), counted, never), refused);
  untouched(t, counted);
});

t.test('placing: an exploration says so, a replay is refused', async (t) => {
  const dir = t.testdir({});
  const kernel = await kernelWithSymbols(dir);
  const replayed = wrong();
  await t.rejects(
    withPlacement(kernel, replayed, never, async () => t.fail('it was placed')),
    refused,
  );
  untouched(t, replayed);
  const explored = wrong();
  const probe = makePlaceSpec({ backend: machine.backend, atOnce: 1 });
  const part = 'main' as const;
  const args = { hold: probe.hold, share: { index: 0, of: 1 }, repeats: 1, part, without: [] };
  const step = { ...{ plan: 'p', probe: 'p', variant: 'v', kernel: 'k', buildId: 'ab12', index: 0, seed: 1 }, args };
  const files = { path: (name: string) => join(dir, `map-${name}`) };
  const stage = { kernel, lab: explored, files, signal: never, emit: silent, progress: silent };
  const end = await runPlaced(step, probe, stage);
  t.match(end, { kind: 'wrong-kernel', message: MESSAGE });
  untouched(t, explored);
});

t.test('search: every kind of step says so', async (t) => {
  const schedule = formatSchedule({
    ...{ name: 'held', describe: '', race: 'swapoff', hold: { at: 'do_swap_page', how: 'stall' } },
  });
  const dir = t.testdir({});
  const kernel = await kernelWithSymbols(dir);
  const all: SearchArgs[] = [
    { do: 'census', functions: ['do_swap_page'] },
    { do: 'rounds', functions: ['do_swap_page'], first: 0 },
    { do: 'minimise', functions: ['do_swap_page'], found: { kind: 'splat', title: 'BUG in f' }, rounds: [] },
    { do: 'replay', schedule, attempts: 1 },
  ];
  for (const args of all) {
    const lab = wrong();
    const stage = {
      ...{ kernel, lab, signal: never, emit: silent, progress: silent },
      files: { path: (name: string) => join(dir, `${args.do}-${name}`) },
    };
    const open = async () => ({ kernel, symbols, contender: { func: 'x', returns: [], calls: [] }, race: SWAPOFF });
    const probe = makeSearchSpec({ backend: machine.backend });
    const end = await runSearch(makeStep(args), probe, stage, { ...EFFECTS, open });
    t.match(end, { kind: 'wrong-kernel', message: MESSAGE, guestBuildId: 'cd34' }, args.do);
    untouched(t, lab);
  }
});
