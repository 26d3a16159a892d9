// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { seededRandom, shuffled } from '../../model/random.ts';

t.test('random numbers are uniform, and neighbouring seeds have nothing in common', async (t) => {
  const firsts = Array.from({ length: 2000 }, (_, seed) => seededRandom(seed)());
  const mean = firsts.reduce((sum, value) => sum + value, 0) / firsts.length;
  t.ok(Math.abs(mean - 0.5) < 0.03, `mean of first numbers ${mean}`);
  t.ok(firsts.every((value) => value >= 0 && value < 1));
  const places = new Array(5).fill(0);
  const random = seededRandom(1);
  for (let i = 0; i < 5000; i++) places[shuffled([0, 1, 2, 3, 4], random).indexOf(0)]++;
  t.ok(
    places.every((count) => Math.abs(count - 1000) < 150),
    String(places),
  );
});
