// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { analysePrimary } from '../../../../probe/latency/analysis/analyse.ts';
import type { AnalysedBoot } from '../../../../probe/latency/analysis/arms-of-run.ts';
import { reasonToEnd } from '../../../../probe/latency/design.ts';
import { hodgesLehmann } from '../../../../stats/hodges-lehmann.ts';
import { seededRandom } from '../../../../model/random.ts';
import { rateRatio } from '../../../../stats/rate-ratio.ts';
import { clusterBootstrap } from '../../../../stats/bootstrap.ts';
import { normal } from '../fixtures/made-up.ts';
import { heavyNoise, lightNoise, madeUpPlan, madeUpRun, type Noise } from '../fixtures/made-up-boots.ts';

const NULL_SETS = 2000;

function share(sets: number, holds: (set: number) => boolean): number {
  let count = 0;
  for (let set = 0; set < sets; set++) if (holds(set)) count++;
  return count / sets;
}

/** As a run does it: a block more until it ends, looking after each. */
function grown(noise: Noise, seed: number) {
  const boots = madeUpRun({ boots: 8, noise, levels: { a: 1, b: 1 } }, seededRandom(seed));
  const upTo = (blocks: number): AnalysedBoot[] => boots.filter(({ id }) => Number.parseInt(id) < blocks);
  const budget = { minBoots: 5, maxBoots: 8, seconds: 1e9, precision: 0.2 };
  for (let blocks = 5; ; blocks++) {
    const analysis = analysePrimary(madeUpPlan, upTo(blocks));
    if (reasonToEnd(budget, { blocks, elapsedSeconds: 0, analysis }) !== null) return analysis;
  }
}

for (const [name, noise] of [
  ['light', lightNoise],
  ['heavy', heavyNoise],
] as const) {
  t.test(`${NULL_SETS} null data sets with a ${name} tail, grown block by block, err in at most 6 %`, async (t) => {
    const errors = share(NULL_SETS, (set) => grown(noise, set).pairs[0]?.primary.verdict.kind === 'better');
    t.ok(errors <= 0.06, `${(100 * errors).toFixed(2)} %`);
    t.comment(`erred in ${(100 * errors).toFixed(2)} %`);
  });
}

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
