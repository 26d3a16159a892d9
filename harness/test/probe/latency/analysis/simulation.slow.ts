// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { analysePrimary } from '../../../../probe/latency/analysis/analyse.ts';
import type { AnalysedBoot } from '../../../../probe/latency/analysis/arms-of-run.ts';
import { blockOf, reasonToEnd } from '../../../../probe/latency/design.ts';
import { hodgesLehmann } from '../../../../stats/hodges-lehmann.ts';
import { seededRandom, type Random } from '../../../../model/random.ts';
import { rateRatio } from '../../../../stats/rate-ratio.ts';
import { clusterBootstrap } from '../../../../stats/bootstrap.ts';
import { normal } from '../fixtures/made-up.ts';
import { heavyNoise, lightNoise, madeUpFigures, madeUpPlan, type Noise } from '../fixtures/made-up-boots.ts';

const NULL_SETS = 1000;

function share(sets: number, holds: (set: number) => boolean): number {
  let count = 0;
  for (let set = 0; set < sets; set++) if (holds(set)) count++;
  return count / sets;
}

/** How a host moves from boot to boot, whatever is booted; of the boots of a run in their order. */
type Drift = (boots: number, random: Random) => number[];
const DRIFTS: Readonly<Record<string, Drift>> = {
  none: (boots) => new Array<number>(boots).fill(0),
  linear: (boots) => Array.from({ length: boots }, (_, at) => (3 * at) / boots),
  step: (boots) => Array.from({ length: boots }, (_, at) => (at < boots / 3 ? 0 : 2)),
  'random walk': (boots, random) => {
    let level = 0;
    return Array.from({ length: boots }, () => (level += 0.3 * normal(random)));
  },
};

/** The boots of a run in the order of its blocks, on a host that drifts. */
function drifting(b: number, noise: Noise, drift: Drift, seed: number): AnalysedBoot[] {
  const random = seededRandom(seed);
  const levels: Readonly<Record<string, number>> = { a: 1, b, 'a=null': 1, 'a=quiet': 0.2, 'a=stop': 6 };
  const planned = Array.from({ length: MOST }, (_, block) => blockOf(madeUpPlan.arms, seed, block)).flat();
  const moved = drift(planned.length, random);
  return planned.map(({ arm, block }, at) => ({
    ...{ id: `${block}-${arm}`, arm, block },
    result: madeUpFigures(5 + (moved[at] as number) + (levels[arm] as number) * noise(random)),
  }));
}

const [LEAST, MOST] = [8, 12];

/** As a run does it: a block more until it ends, looking after each. */
function grown(b: number, noise: Noise, drift: Drift, seed: number) {
  const boots = drifting(b, noise, drift, seed);
  const budget = { minBoots: LEAST, maxBoots: MOST, seconds: 1e9, precision: 0.2 };
  for (let blocks = LEAST; ; blocks++) {
    const analysis = analysePrimary(
      madeUpPlan,
      boots.filter(({ block }) => block < blocks),
    );
    if (reasonToEnd(budget, { blocks, elapsedSeconds: 0, analysis }) !== null)
      return analysis.pairs[0]!.primary.verdict;
  }
}

for (const [name, noise] of [
  ['light', lightNoise],
  ['heavy', heavyNoise],
] as const) {
  for (const [moves, drift] of Object.entries(DRIFTS)) {
    t.test(
      `null data sets with a ${name} tail, drift ${moves}, grown block by block, err in at most 6 %`,
      async (t) => {
        const errors = share(NULL_SETS, (set) => grown(1, noise, drift, set).kind === 'better');
        t.ok(errors <= 0.06, `${(100 * errors).toFixed(2)} %`);
        t.comment(`erred in ${(100 * errors).toFixed(2)} %`);
      },
    );
  }
}

t.test('a difference of a fifth of a typical boot is found on a host that drifts', async (t) => {
  for (const [moves, drift] of Object.entries(DRIFTS)) {
    const found = share(400, (set) => {
      const verdict = grown(2.2, lightNoise, drift, set);
      return verdict.kind === 'better' && verdict.arm === 'a';
    });
    t.comment(`${moves}: ${(100 * found).toFixed(1)} %`);
    t.ok(found >= 0.6, `${moves}: ${found}`);
  }
});

const SETS = 2000;
/** Below 0.95 by less than sampling alone allows in one test of many. */
const LEAST_COVER = 0.935;

t.test('the interval of the shift covers at its rate', async (t) => {
  const random = seededRandom(11);
  for (const boots of [5, 8, 12]) {
    const covered = share(SETS, () => {
      const draw = (level: number) => Array.from({ length: boots }, () => level + normal(random));
      const interval = hodgesLehmann(draw(0), draw(0.7)).interval;
      return interval !== null && interval.low <= 0.7 && 0.7 <= interval.high;
    });
    t.ok(covered >= LEAST_COVER && covered < 0.99, `${boots} boots: ${covered}`);
  }
});

t.test('the interval of the exceedance ratio covers at its rate, boots being unlike', async (t) => {
  const random = seededRandom(12);
  const covered = share(SETS, () => {
    // Boots differ by a factor; what is expected of both sides is that factor's mean.
    const draw = (level: number) =>
      Array.from({ length: 10 }, () => ({
        events: Math.round(level * 200 * Math.exp(0.3 * normal(random))),
        exposure: 200,
      }));
    const interval = rateRatio(draw(1), draw(2))?.interval;
    return interval !== undefined && interval.low <= 2 && 2 <= interval.high;
  });
  t.ok(covered >= LEAST_COVER && covered < 0.99, String(covered));
});

t.test('the cluster bootstrap covers at its rate', async (t) => {
  const random = seededRandom(13);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const covered = share(400, (set) => {
    const draw = (level: number) => Array.from({ length: 8 }, () => level + normal(random));
    const interval = clusterBootstrap(draw(0), draw(1), (a, b) => mean(b) - mean(a), { seed: set, resamples: 400 });
    return interval !== null && interval.low <= 1 && 1 <= interval.high;
  });
  t.ok(covered >= 0.92, String(covered));
});
