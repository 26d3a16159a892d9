// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { analysePrimary, type PrimaryAnalysis } from '../../../probe/latency/analysis/analyse.ts';
import { armsOf } from '../../../probe/latency/arms.ts';
import { blockOf, reasonToEnd } from '../../../probe/latency/design.ts';
import { seededRandom } from '../../../model/random.ts';
import { lightNoise, madeUpPlan, madeUpRun } from './fixtures/made-up-boots.ts';

t.test('every plan has its controls, and the first variant is what they boot', async (t) => {
  t.same(
    armsOf(['a', 'b']).map(({ id, role, variant, mode }) => [id, role, variant, mode]),
    [
      ['a', 'variant', 'a', 'contend'],
      ['b', 'variant', 'b', 'contend'],
      ['a=null', 'null', 'a', 'contend'],
      ['a=quiet', 'quiet', 'a', 'quiet'],
      ['a=stop', 'stop', 'a', 'stop'],
    ],
  );
});

t.test('a block has every arm once, in an order of its own that the seed decides', async (t) => {
  const arms = armsOf(['a', 'b']);
  const order = (seed: number, block: number) => blockOf(arms, seed, block).map(({ arm }) => arm);
  const blocks = Array.from({ length: 60 }, (_, block) => blockOf(arms, 7, block));
  for (const block of blocks) t.same(block.map(({ arm }) => arm).sort(), arms.map(({ id }) => id).sort());
  t.same(blockOf(arms, 7, 3), blocks[3], 'the same again');
  t.notSame([...order(8, 3), ...order(8, 4)], [...order(7, 3), ...order(7, 4)], 'another seed, another order');
  t.match(blocks[3]?.[2], { block: 3, place: 2, of: 5 });
  t.equal(new Set(blocks.map(([first]) => first?.seed)).size, 60, 'every block has times of its own');
  t.ok(
    blocks.every((block) => new Set(block.map(({ seed }) => seed)).size === 1),
    'which its arms share',
  );
});

t.test('no order is favoured: neither within a seed nor over seeds', async (t) => {
  const arms = armsOf(['a', 'b']);
  for (const [name, order] of [
    ['blocks of one seed', (index: number) => blockOf(arms, 1, index)],
    ['first blocks of many seeds', (index: number) => blockOf(arms, index, 0)],
    ['second blocks of many seeds', (index: number) => blockOf(arms, index, 1)],
  ] as const) {
    const count = 4000;
    const blocks = Array.from({ length: count }, (_, index) => order(index).map(({ arm }) => arm));
    const before = blocks.filter((block) => block.indexOf('a') < block.indexOf('b')).length;
    t.ok(Math.abs(before / count - 0.5) < 0.03, `${name}: a before b in ${before} of ${count}`);
    for (const { id } of arms) {
      const places = [0, 1, 2, 3, 4].map((place) => blocks.filter((block) => block[place] === id).length / count);
      t.ok(
        places.every((share) => Math.abs(share - 0.2) < 0.03),
        `${name}: ${id} at ${places.join(' ')}`,
      );
    }
    const alternations = blocks.filter(
      (block, at) =>
        at > 0 &&
        block.indexOf('a') < block.indexOf('b') !== blocks[at - 1]!.indexOf('a') < blocks[at - 1]!.indexOf('b'),
    ).length;
    t.ok(Math.abs(alternations / count - 0.5) < 0.03, `${name}: one says nothing of the next: ${alternations}`);
  }
});

const budget = { minBoots: 5, maxBoots: 12, seconds: 1000, precision: 0.2 };

/** An analysis whose primary interval is so wide around so large a difference. */
function analysisOf(half: number, shift = 0, medians: readonly [number, number] = [1, 1]): PrimaryAnalysis {
  const comparison = {
    endpoint: 'exceedances',
    boots: [8, 8],
    medians,
    p: 0.5,
    leastP: 0.001,
    resolution: 0,
    shift: { estimate: shift, interval: { low: shift - half, high: shift + half, confidence: 0.95 } },
  } as const;
  return {
    thresholdNs: 1,
    pairs: [
      {
        arms: ['a', 'b'],
        primary: {
          endpoint: 'exceedances',
          comparison,
          adjustedP: 0.5,
          verdict: { kind: 'not-resolvable', reason: '' },
        },
      },
    ],
  };
}

t.test('boots are added until the interval is narrow, the time is up, or all are made', async (t) => {
  const at = (blocks: number, elapsedSeconds: number, analysis: PrimaryAnalysis) =>
    reasonToEnd(budget, { blocks, elapsedSeconds, analysis });
  t.equal(at(4, 100, analysisOf(0.01)), null, 'never before the least number of boots');
  t.match(at(5, 100, analysisOf(0.19)), /20 % of the larger median/);
  t.equal(at(5, 100, analysisOf(0.21)), null);
  t.match(at(12, 100, analysisOf(9)), /all 12 boots/);
  t.equal(at(5, 800, analysisOf(9)), null);
  t.match(at(5, 840, analysisOf(9)), /no room for another block/, 'a sixth block would end at 1008 s');
  t.equal(at(0, 0, analysisOf(9)), null);
});

t.test('where the interval lies does not matter, only how wide it is', async (t) => {
  for (const shift of [-5, -0.1, 0, 0.3, 5]) {
    t.equal(reasonToEnd(budget, { blocks: 6, elapsedSeconds: 1, analysis: analysisOf(0.3, shift) }), null);
    t.type(reasonToEnd(budget, { blocks: 6, elapsedSeconds: 1, analysis: analysisOf(0.1, shift) }), 'string');
  }
});

t.test('without an interval nothing is narrow', async (t) => {
  const few = analysePrimary(
    madeUpPlan,
    madeUpRun({ boots: 3, noise: lightNoise, levels: { a: 1, b: 1 } }, seededRandom(1)),
  );
  t.equal(reasonToEnd({ ...budget, minBoots: 1 }, { blocks: 3, elapsedSeconds: 1, analysis: few }), null);
});
