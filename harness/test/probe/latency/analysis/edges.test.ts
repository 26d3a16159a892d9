// SPDX-License-Identifier: GPL-2.0-only
/** What a comparison must not say, whatever its figures are. */
import t from 'tap';
import { seededRandom } from '../../../../model/random.ts';
import { analyse, primaryOf } from '../../../../probe/latency/analysis/analyse.ts';
import type { AnalysedBoot } from '../../../../probe/latency/analysis/arms-of-run.ts';
import { TELLING } from '../../../../probe/latency/analysis/verdict.ts';
import { armsOf } from '../../../../probe/latency/arms.ts';
import { UNUSABLE_CAUSES } from '../../../../probe/latency/types.ts';
import { lightNoise, madeUpFigures, madeUpPlan, madeUpRun } from '../fixtures/made-up-boots.ts';

type Values = Readonly<Record<string, readonly number[]>>;

/** Boots with these exceedances per cycle. */
function boots(values: Values): AnalysedBoot[] {
  return Object.entries(values).flatMap(([arm, own]) =>
    own.map((value, block) => ({ id: `${block}-${arm}`, arm, block, result: madeUpFigures(value) })),
  );
}

const verdictOf = (run: readonly AnalysedBoot[], plan = madeUpPlan) => primaryOf(analyse(plan, run).pairs[0]!).verdict;

const lost = (run: readonly AnalysedBoot[], arm: string, blocks: number, cause: (typeof UNUSABLE_CAUSES)[number]) =>
  run.map((boot): AnalysedBoot =>
    boot.arm === arm && boot.block < blocks
      ? { ...boot, result: { kind: 'inconclusive', cause, reason: 'lost' } }
      : boot,
  );

t.test('an arm with boots that crashed, hung or were too slow is never better', async (t) => {
  const run = madeUpRun({ boots: 16, noise: lightNoise, levels: { a: 2, b: 1 } }, seededRandom(1));
  t.match(verdictOf(run), { kind: 'better', arm: 'b' });
  for (const cause of TELLING) {
    t.match(verdictOf(lost(run, 'b', 6, cause)), { kind: 'not-resolvable', reason: /6 of 16 boots of b/ }, cause);
    t.match(verdictOf(lost(run, 'b', 1, cause)), { kind: 'not-resolvable' }, `${cause}, once`);
    t.match(verdictOf(lost(run, 'a', 6, cause)), { kind: 'better', arm: 'b' }, `${cause} of the other one`);
  }
  for (const cause of UNUSABLE_CAUSES.filter((each) => !TELLING.includes(each)))
    t.match(verdictOf(lost(run, 'b', 1, cause)), { kind: 'better', arm: 'b' }, `${cause} says nothing of the kernel`);
  const equal = madeUpRun({ boots: 16, noise: lightNoise, levels: { a: 1, b: 1 } }, seededRandom(1));
  t.match(verdictOf(lost(equal, 'b', 4, 'hang')), { kind: 'not-resolvable' }, 'nor is it as good');
});

const quiet = Array.from({ length: 12 }, () => 0);
const stop = Array.from({ length: 12 }, (_, at) => 6 + at / 10);
const some = (value: number) => Array.from({ length: 12 }, (_, at) => value + (at % 5) / 20);

t.test('ties at nothing do not rule everything out', async (t) => {
  const verdict = verdictOf(boots({ a: quiet, b: quiet, 'a=null': quiet, 'a=quiet': quiet, 'a=stop': stop }));
  t.match(verdict, { kind: 'no-difference-shown' });
  t.equal(
    verdict.kind === 'no-difference-shown' && verdict.ruledOut,
    3 / (12 * 200),
    'the rule of three over all cycles',
  );
});

t.test('a typical boot that shows none does not speak for wild ones', async (t) => {
  const wild = [0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 10, 10];
  t.match(verdictOf(boots({ a: quiet, b: wild, 'a=null': quiet, 'a=quiet': quiet, 'a=stop': stop })), {
    kind: 'not-resolvable',
    reason: /only b has any/,
  });
  const rare = some(1).map((value, at) => (at % 3 === 0 ? value * 40 : value));
  t.match(verdictOf(boots({ a: some(1), b: rare, 'a=null': some(1), 'a=quiet': quiet, 'a=stop': some(9) })), {
    kind: 'not-resolvable',
    reason: /all together do: [\d.]+ to [\d.]+ times/,
  });
});

t.test('a stop has to be seen next to the same kernel without it, not only next to nothing', async (t) => {
  // The contender alone is five times the quiet control; the stop adds nothing.
  const run = boots({ a: some(1), b: some(1), 'a=null': some(1), 'a=quiet': some(0.2), 'a=stop': some(1) });
  t.match(verdictOf(run), { kind: 'not-resolvable', reason: /positive control/ });
});

t.test('so few boots that nothing could be shown are said to be too few', async (t) => {
  const plan = { ...madeUpPlan, arms: armsOf(['a', 'b', 'c']) };
  const of = (count: number, three: boolean) =>
    boots(
      Object.fromEntries(
        Object.entries({
          ...{ a: some(1), b: some(10), 'a=null': some(1), 'a=quiet': quiet, 'a=stop': some(20) },
          ...(three ? { c: some(10) } : {}),
        }).map(([arm, values]) => [arm, values.slice(0, count)]),
      ),
    );
  t.match(verdictOf(of(5, false)), { kind: 'not-resolvable', reason: /too few for any difference/ });
  t.match(verdictOf(of(6, false)), { kind: 'better', arm: 'a' });
  t.match(verdictOf(of(6, true), plan), { kind: 'not-resolvable', reason: /too few for any difference/ }, 'two pairs');
  t.match(verdictOf(of(7, true), plan), { kind: 'better', arm: 'a' });
  const single = of(8, false).filter(({ arm, block }) => arm !== 'a=null' || block === 0);
  t.match(verdictOf(single), { kind: 'not-resolvable', reason: /null pair’s 1 and 1 boots are too few/ });
});

t.test('a host that drifts for all arms of a block hides no difference', async (t) => {
  const drift = [1, 3, 2, 6, 9, 14, 11, 20];
  const moved = (level: number, at: number) => drift.map((by, block) => by + level + ((block * at) % 3) / 30);
  const run = boots({
    ...{ a: moved(0, 1), b: moved(0.8, 2), 'a=null': moved(0, 2), 'a=quiet': moved(-1, 1), 'a=stop': moved(6, 1) },
  });
  t.match(verdictOf(run), { kind: 'better', arm: 'a' });
});
