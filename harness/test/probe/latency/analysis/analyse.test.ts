// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { answersOf } from '../../../../probe/latency/show/answers.ts';
import { analyse, primaryOf } from '../../../../probe/latency/analysis/analyse.ts';
import type { AnalysedBoot } from '../../../../probe/latency/analysis/arms-of-run.ts';
import type { BootFigures } from '../../../../probe/latency/boot/figures.ts';
import { seededRandom } from '../../../../model/random.ts';
import {
  heavyNoise,
  lightNoise,
  madeUpFigures,
  madeUpPlan,
  madeUpRun,
  type MadeUpRun,
} from '../fixtures/made-up-boots.ts';

const words = { contender: 'swapoff()', operation: 'swap-in' };

const primary = (run: MadeUpRun, seed = 1) => {
  const [pair] = analyse(madeUpPlan, madeUpRun(run, seededRandom(seed))).pairs;
  return primaryOf(pair!);
};

t.test('a known shift is found, on the right side', async (t) => {
  const worse = primary({ boots: 8, noise: lightNoise, levels: { a: 1, b: 2 } });
  t.match(worse.verdict, { kind: 'better', arm: 'a' });
  const interval = worse.comparison?.shift.interval;
  t.ok(interval && interval.low > 0.3 && interval.low < 1 && interval.high > 1, JSON.stringify(interval));
  t.match(primary({ boots: 8, noise: lightNoise, levels: { a: 2, b: 1 } }).verdict, { kind: 'better', arm: 'b' });
});

t.test('no shift is no difference, with what is ruled out', async (t) => {
  const { verdict, comparison } = primary({ boots: 10, noise: lightNoise, levels: { a: 1, b: 1 } });
  t.match(verdict, { kind: 'no-difference-shown' });
  if (verdict.kind === 'no-difference-shown')
    t.ok(verdict.ruledOut > 0 && verdict.ruledOut < 0.6, JSON.stringify(comparison?.shift));
});

t.test('single wild boots neither make a difference nor hide one', async (t) => {
  t.match(primary({ boots: 10, noise: heavyNoise, levels: { a: 1, b: 1 } }).verdict, { kind: 'no-difference-shown' });
  t.match(primary({ boots: 10, noise: heavyNoise, levels: { a: 1, b: 3 } }).verdict, { kind: 'better', arm: 'a' });
});

t.test('a host on which the same kernel differs from itself resolves nothing', async (t) => {
  const noisy = primary({ boots: 8, noise: lightNoise, levels: { a: 1, b: 2, twin: 2.5 } });
  t.match(noisy.verdict, { kind: 'not-resolvable', reason: /same kernel under two names differs/ });
});

t.test('a null pair that is as far apart, though not significant, resolves nothing', async (t) => {
  const run = (twin: readonly number[]): AnalysedBoot[] =>
    Object.entries({
      'a=null': twin,
      a: [1, 1.1, 1.2, 1.3, 1.4, 1.5],
      b: [1.5, 1.61, 1.72, 1.83, 1.94, 2.05],
      'a=quiet': [0, 0, 0.1, 0.1, 0, 0],
      'a=stop': [7, 7, 8, 8, 9, 9],
    }).flatMap(([arm, values]) =>
      values.map((value, block) => ({ id: `${block}-${arm}`, arm, block, result: madeUpFigures(value) })),
    );
  t.match(primaryOf(analyse(madeUpPlan, run([1.1, 1, 1.1, 1.4, 1.3, 1.6])).pairs[0]!).verdict, {
    kind: 'better',
    arm: 'a',
  });
  t.match(primaryOf(analyse(madeUpPlan, run([3, 3, 3, 3, 1, 1])).pairs[0]!).verdict, {
    kind: 'not-resolvable',
    reason: /as much|differs/,
  });
});

t.test(
  'a stop of the machine that is not seen resolves nothing of latency, and something of contender itself',
  async (t) => {
    const run = madeUpRun({ boots: 8, noise: lightNoise, levels: { a: 1, b: 2, stop: 0.2 } }, seededRandom(1)).map(
      (boot) => (boot.arm === 'b' ? { ...boot, result: madeUpFigures(2, 9000 + Number.parseInt(boot.id)) } : boot),
    );
    const [pair] = analyse(madeUpPlan, run).pairs;
    t.match(primaryOf(pair!).verdict, { kind: 'not-resolvable', reason: /positive control/ });
    t.match(pair!.endpoints.find(({ endpoint }) => endpoint === 'contender')?.verdict, { kind: 'better', arm: 'a' });
  },
);

t.test('too few boots resolve nothing', async (t) => {
  t.match(primary({ boots: 3, noise: lightNoise, levels: { a: 1, b: 5 } }).verdict, { kind: 'not-resolvable' });
  t.match(analyse(madeUpPlan, []).pairs[0]?.endpoints[0]?.verdict, { kind: 'not-resolvable', reason: /no boot/ });
});

t.test('unusable boots are counted and named, and give no figure', async (t) => {
  const boots = madeUpRun({ boots: 8, noise: lightNoise, levels: { a: 1, b: 2 } }, seededRandom(1)).map((boot) =>
    boot.id === '3-b' ? { ...boot, result: { kind: 'inconclusive', cause: 'hang', reason: 'racer' } as const } : boot,
  );
  const { arms, pairs } = analyse(madeUpPlan, boots);
  t.match(
    arms.find(({ arm }) => arm.id === 'b'),
    { usable: 7, unusable: [{ boot: '3-b', cause: 'hang' }] },
  );
  t.same(primaryOf(pairs[0]!).comparison?.boots, [7, 7], 'block by block');
});

t.test('the control without the contender gives the threshold that is a quantile of it', async (t) => {
  const boots = madeUpRun({ boots: 6, noise: lightNoise, levels: { a: 1, b: 2, quiet: 0.2 } }, seededRandom(1));
  const plan = { ...madeUpPlan, threshold: { kind: 'quiet-percentile', percent: 90 } } as const;
  const { thresholdNs } = analyse(plan, boots);
  t.ok(
    thresholdNs >= 50_000 && thresholdNs < 52_000,
    `p90 of the quiet boots, of which half a percent is late: ${thresholdNs}`,
  );
  const blind = boots.filter(({ arm }) => arm !== 'a=quiet');
  t.match(analyse(plan, blind), { thresholdFrom: 'stopgap' });
});

t.test('instructions of a fault are compared as everything else, and left out where none were counted', async (t) => {
  const boots = madeUpRun({ boots: 9, noise: lightNoise, levels: { a: 1, b: 1 } }, seededRandom(1));
  const counted = boots.map((boot) => ({
    ...boot,
    result: { ...(boot.result as BootFigures), instructions: boot.arm === 'b' ? 1193 : 1221 },
  }));
  const answer = (from: readonly AnalysedBoot[]) =>
    answersOf(analyse(madeUpPlan, from).pairs[0]!, words).find(({ question }) => question.includes('executes'));
  t.match(answer(counted), { verdict: 'b better', figures: '1221 -> 1193, -28 (-28..-28), p 0.023' });
  t.equal(answer(boots), undefined);
});

t.test('Holm counts: the last of many endpoints needs no more than alpha, the first all of it', async (t) => {
  const [pair] = analyse(
    madeUpPlan,
    madeUpRun({ boots: 8, noise: lightNoise, levels: { a: 1, b: 2 } }, seededRandom(1)),
  ).pairs;
  const excess = pair!.endpoints.find(({ endpoint }) => endpoint === 'excess')!;
  t.ok(excess.adjustedP > (excess.comparison?.p ?? 1), 'secondary endpoints pay for their number');
  t.equal(primaryOf(pair!).adjustedP, primaryOf(pair!).comparison?.p, 'the one primary endpoint does not');
});

t.test('the same boots give the same analysis', async (t) => {
  const boots = madeUpRun({ boots: 12, noise: lightNoise, levels: { a: 1, b: 1.2 } }, seededRandom(4));
  t.same(analyse(madeUpPlan, boots), analyse(madeUpPlan, boots));
});
