// SPDX-License-Identifier: GPL-2.0-only
import { join } from 'node:path';
import t from 'tap';
import { analysePrimary } from '../../../../probe/latency/analysis/analyse.ts';
import { seededRandom } from '../../../../model/random.ts';
import { loadPlan } from '../../../../plan/load.ts';
import type { LatencySpec, LatencyThreshold } from '../../../../probe/latency/spec.ts';
import { workspace } from '../../../../host/workspace.ts';
import { madeUpPlan } from '../fixtures/made-up-boots.ts';
import { HOSTS, hostBoot, type MadeUpHost } from '../fixtures/made-up-hosts.ts';

t.setTimeout(300_000);

const place = workspace();
const { probes } = await loadPlan(join(place.plansDir, 'latency.yaml'), place);
const { threshold: shipped } = probes[0] as LatencySpec;
const percentile = (percent: number): LatencyThreshold => ({ kind: 'quiet-percentile', percent });

/** What the budget of the shipped plan has room for on a host that is not quick. */
const BOOTS = 8;
const RUNS = 12;
/** Stops of the variants and controls, milliseconds. */
const stopsMs = (b: number) => ({ a: 0, b, 'a=null': 0, 'a=quiet': 0, 'a=stop': 8 });

/**
 * By threshold, the share of made-up runs that find the variant without stops better than the one with stops of so
 * long.
 */
function power(host: MadeUpHost, stopMs: number, thresholds: readonly LatencyThreshold[]): number[] {
  const found = thresholds.map(() => 0);
  for (let run = 0; run < RUNS; run++) {
    const random = seededRandom(run);
    const boots = Object.entries(stopsMs(stopMs)).flatMap(([arm, ms]) =>
      Array.from({ length: BOOTS }, (_, index) => ({
        ...{ id: `${index}-${arm}`, arm, block: index },
        result: hostBoot(host, ms, random),
      })),
    );
    thresholds.forEach((threshold, index) => {
      const { verdict } = analysePrimary({ ...madeUpPlan, threshold }, boots).pairs[0]!.primary;
      if (verdict.kind === 'better' && verdict.arm === 'a') found[index]!++;
    });
  }
  return found.map((count) => count / RUNS);
}

t.test(
  'the shipped threshold finds a stop of 1 ms where vCPUs have cores; below, it is lost in the usual latency',
  async (t) => {
    const [own, p75, p90] = power(HOSTS.own, 1, [shipped, percentile(75), percentile(90)]);
    t.comment(`shipped ${own}, p75 ${p75}, p90 ${p90}`);
    t.ok(own! >= 0.7, String(own));
    t.ok(p75! < 0.5 && p90! < 0.5);
  },
);

t.test('and one of 2 ms where they share cores', async (t) => {
  const [own, p50] = power(HOSTS.shared, 2, [shipped, percentile(50)]);
  t.comment(`shipped ${own}, p50 ${p50}`);
  t.ok(own! >= 0.7, String(own));
  t.ok(p50! < own!);
});

t.test('on a host that does much else it finds none', async (t) => {
  const [own, p90] = power(HOSTS.busy, 2, [shipped, percentile(90)]);
  t.comment(`shipped ${own}, p90 ${p90}`);
  t.ok(own! < p90!, 'such a host wants p90');
});
