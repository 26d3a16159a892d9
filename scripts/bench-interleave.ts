// SPDX-License-Identifier: GPL-2.0-only
/**
 * How fast points are explored and where the time goes; and the number of findings per thousand swapoffs, by a search
 * that places holds at random and by plain stress, one guest of each in turn.
 *
 * npm run bench:interleave -- [--plan default] [--points 40] [--guests 6 (0: points only)] [--rounds 100] [--seed 1]
 * [VARIANT…]
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makePrivateDir } from '../harness/host/temp-dir.ts';
import { DEFAULT_TIMES, holdMeanwhile, release, type Interleaving } from '../harness/interleave/attempt.ts';
import { tracePath } from '../harness/interleave/path.ts';
import { choosePoints } from '../harness/interleave/points.ts';
import { ANCHOR, HELD, type Placement } from '../harness/interleave/prepare.ts';
import { PathWalker } from '../harness/interleave/walk.ts';
import type { HoldKind } from '../harness/model/interleave.ts';
import type { Kernel } from '../harness/model/kernel.ts';
import type { StressProbe } from '../harness/model/plan.ts';
import { plannedTrial } from '../harness/model/planned-trial.ts';
import { findingsOf, swapoffsOf } from '../harness/model/search.ts';
import { buildKernels } from '../harness/lab/kernels.ts';
import { openLab, type Lab } from '../harness/lab/lab.ts';
import { withPlacement } from '../harness/probe/place/guest.ts';
import { readRace } from '../harness/race/read.ts';
import { findPlan, loadPlan } from '../harness/pipeline/plan/load.ts';
import { functionsReached, openSearch, searchedFunctions, searchKernel } from '../harness/pipeline/search-run.ts';
import { runTrial } from '../harness/pipeline/trial.ts';
import { workspace } from '../harness/pipeline/workspace.ts';
import { SearchFiles } from '../harness/store/search-files.ts';
import { parseWorkload } from '../harness/workload/fold.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    plan: { type: 'string', default: 'default' },
    points: { type: 'string', default: '40' },
    guests: { type: 'string', default: '6' },
    rounds: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
  },
});
const variants = positionals.length > 0 ? positionals : ['weakened', 'unpatched'];
const guests = Number(values.guests);
const signal = new AbortController().signal;
const emit = (): void => undefined;
const place = workspace();
const plan = await loadPlan(await findPlan(values.plan, place), place);
const probe = plan.probes[0] as StressProbe;

/** Milliseconds by what they were spent on. */
interface Spent {
  restore: number;
  save: number;
  walk: number;
  hold: number;
  release: number;
}

for (const variant of variants) {
  const { kernel, lab } = await ready(variant);
  for (const hold of ['preempt', 'stall'] as const)
    console.log(await withPlacement(kernel, lab, signal, (placement) => timePoints(placement, variant, hold)));
  if (guests > 0) console.log(await findingRates(variant, kernel, lab));
}

async function ready(variant: string): Promise<{ readonly kernel: Kernel; readonly lab: Lab }> {
  const { kernels, troubles } = await buildKernels(
    plan.variants.filter(({ id }) => id === variant),
    { cacheDir: place.cacheDir, offline: false, signal, emit },
  );
  const kernel = kernels[variant];
  if (kernel === undefined) throw new Error(troubles[0]?.message ?? `the plan ${plan.name} has no variant ${variant}`);
  return {
    kernel,
    lab: await openLab(kernel, { workspace: place, offline: false, accelerator: 'tcg', signal, emit }),
  };
}

/** Points spread over the whole path, as an exploration takes them. */
async function timePoints(placement: Placement, variant: string, hold: HoldKind): Promise<string> {
  const spent: Spent = { restore: 0, save: 0, walk: 0, hold: 0, release: 0 };
  const timed = timedSnapshots(placement, spent);
  await timed.machine.snapshots.load(ANCHOR);
  timed.runner.restored();
  const { points } = await tracePath(timed.machine.vcpus, HELD, timed.symbols, timed.path.limits, signal);
  const chosen = choosePoints(points, {
    kind: 'every',
    count: Math.max(1, Math.floor(points.length / Number(values.points))),
  });
  const walker = new PathWalker(timed);
  const interleaving: Interleaving = { hold, contenderTo: null };
  Object.assign(spent, { restore: 0, save: 0 });
  const startedAt = performance.now();
  for (const point of chosen) {
    const beforeWalk = spent.restore + spent.save;
    await clocked(spent, 'walk', () => walker.goTo(point));
    spent.walk -= spent.restore + spent.save - beforeWalk;
    const held = await clocked(spent, 'hold', () => holdMeanwhile(timed, interleaving, DEFAULT_TIMES));
    await clocked(spent, 'release', () => release(timed, held, interleaving, DEFAULT_TIMES));
  }
  const total = performance.now() - startedAt;
  const shares = Object.entries(spent).map(
    ([what, ms]) => `${what} ${((100 * ms) / total).toFixed(0)} % (${(ms / chosen.length).toFixed(0)} ms per point)`,
  );
  const rate = ((60_000 * chosen.length) / total).toFixed(0);
  return `${variant}, ${hold}: ${rate} points per minute (${chosen.length} of ${points.length}): ${shares.join(', ')}`;
}

async function clocked<T>(spent: Spent, what: keyof Spent, operation: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  try {
    return await operation();
  } finally {
    spent[what] += performance.now() - startedAt;
  }
}

function timedSnapshots(placement: Placement, spent: Spent): Placement {
  const { snapshots } = placement.machine;
  const machine = {
    ...placement.machine,
    snapshots: {
      save: (name: string) => clocked(spent, 'save', () => snapshots.save(name)),
      load: (name: string) => clocked(spent, 'restore', () => snapshots.load(name)),
    },
  };
  return { ...placement, machine };
}

interface Rate {
  readonly findings: number;
  readonly swapoffs: number;
  readonly exposed: number;
}

/** Search and stress, one guest of each in turn, so that both see the same load of the host. */
async function findingRates(variant: string, kernel: Kernel, lab: Lab): Promise<string> {
  await using scratch = await makePrivateDir();
  const searched = await openSearch(kernel, readRace(place.guestsDir, probe.race), signal);
  const functions = await functionsReached(
    searched,
    lab,
    variant,
    probe,
    searchedFunctions(searched, plan.target),
    signal,
  );
  const search: Rate[] = [];
  const stress: Rate[] = [];
  for (let guest = 0; guest < guests; guest++) {
    const files = new SearchFiles(join(scratch.path, `${guest}`));
    await files.create();
    const spec = {
      ...{
        variant,
        kernelId: kernel.record.id,
        buildId: kernel.buildId,
        probe: probe.id,
        seed: `${values.seed} ${guest}`,
        rounds: Number(values.rounds),
        findings: 1,
      },
      ...{ functions, contenderFunctions: searched.contender.calls },
    };
    const found = await searchKernel(searched, lab, {
      spec,
      probe,
      signal,
      onRound: async () => undefined,
      consoleLog: (n) => files.consoleLog(n),
      workloadLog: (n) => files.workloadLog(n),
    });
    const { all, exposed } = swapoffsOf(found);
    search.push({ findings: findingsOf(found).length, swapoffs: all, exposed });
    stress.push(await stressOnce(variant, kernel, lab, guest, scratch.path));
  }
  return `${variant}: search ${rateText(search)}; stress ${rateText(stress)}; ${guests} guests of each`;
}

async function stressOnce(variant: string, kernel: Kernel, lab: Lab, index: number, dir: string): Promise<Rate> {
  const logs = { consoleLog: join(dir, `stress.${index}.console`), workloadLog: join(dir, `stress.${index}.jsonl`) };
  const { end } = await runTrial(plannedTrial(plan, probe, variant, index, kernel.record), kernel, logs, {
    lab,
    signal,
    emit,
  });
  const { exposure } = parseWorkload(await readFile(logs.workloadLog, 'utf8'));
  return {
    findings: end.kind === 'splat' ? 1 : 0,
    swapoffs: exposure?.swapoffs ?? 0,
    exposed: exposure?.exposedSwapoffs ?? 0,
  };
}

function rateText(rates: readonly Rate[]): string {
  const sum = (of: (rate: Rate) => number): number => rates.reduce((total, rate) => total + of(rate), 0);
  const swapoffs = sum((rate) => rate.swapoffs);
  const findings = sum((rate) => rate.findings);
  // The guest crashed before it could report the swapoff under way.
  const exposed = sum((rate) => rate.exposed);
  const perThousand = ((1000 * findings) / Math.max(1, swapoffs + findings)).toFixed(0);
  return `${findings} findings in ${swapoffs} swapoffs (${exposed} exposed): ${perThousand} per thousand`;
}
