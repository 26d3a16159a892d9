// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { seededRandom } from '../../model/random.ts';
import { changeIn, levelsOf } from '../../stats/levels.ts';

const repeat = (count: number, value: number): number[] => Array.from({ length: count }, () => value);
const random = seededRandom(1);
const noise = (count: number): number[] => Array.from({ length: count }, random);

t.test('a level of its own is found where it begins', async (t) => {
  const shifted = [...noise(30), ...noise(12).map((value) => value + 2)];
  t.equal(changeIn(shifted), 30);
  t.equal(changeIn(shifted.map((value) => value ** 9)), 30, 'whatever the distribution');
  t.equal(changeIn([...repeat(20, 1), ...repeat(20, 2)]), 20);
});

t.test('what stays as it is has none', async (t) => {
  t.equal(changeIn([]), null);
  t.equal(changeIn(repeat(50, 7)), null);
  t.equal(changeIn(noise(60)), null);
  t.equal(changeIn([1, 1, 1, 9, 9, 9]), null, 'six runs are too few');
  t.equal(changeIn([...noise(40), 1e9]), null, 'one wild run');
  t.equal(changeIn([...repeat(90, 0), 1]), null, 'the first event in three months');
});

t.test('neighbours that are alike are fewer than they seem', async (t) => {
  const walk: number[] = [];
  for (const step of noise(40)) walk.push(0.95 * (walk.at(-1) ?? 0) + step - 0.5);
  const noisy = noise(40);
  t.equal(changeIn(walk), null);
  t.equal(changeIn(noisy.map((value, at) => (at < 20 ? value : value + 3))), 20, 'a step is no likeness');
});

t.test('levels are cut as they are found, and a cut stays', async (t) => {
  const values = [...noise(20), ...noise(20).map((value) => value + 5), ...noise(20).map((value) => value - 5)];
  const lengths = (count: number): number[] =>
    levelsOf(values.slice(0, count), (value) => value).map((level) => level.length);
  const [first = 0, second = 0, third = 0, ...more] = lengths(60);
  for (const length of [first, second, third]) t.ok(Math.abs(length - 20) <= 2, `${length}`);
  t.same(more, []);
  t.equal(lengths(40)[0], first);
  t.same(lengths(20), [20]);
  t.same(lengths(0), [0]);
});
