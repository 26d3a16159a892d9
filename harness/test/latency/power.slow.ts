import { join } from 'node:path';
import t from 'tap';
import { analysePrimary } from '../../latency/analyse.ts';
import { seededRandom } from '../../latency/stats/random.ts';
import type { LatencyThreshold } from '../../model/latency.ts';
import { loadLatencyPlan } from '../../pipeline/latency/plan.ts';
import { workspace } from '../../pipeline/workspace.ts';
import { madeUpPlan } from './made-up-boots.ts';
import { HOSTS, hostBoot, type MadeUpHost } from './made-up-hosts.ts';

const place = workspace();
const { threshold: shipped } = await loadLatencyPlan(join(place.plansDir, 'latency.yaml'), place);
const percentile = (percent: number): LatencyThreshold => ({ kind: 'quiet-percentile', percent });

/** What the budget of the shipped plan has room for on a host that is not quick. */
const BOOTS = 8;
const RUNS = 20;
/** Stops of the variants and controls, milliseconds. */
const STOP_MS = { a: 0, b: 2, 'a=null': 0, 'a=quiet': 0, 'a=stop': 8 } as const;

/** By threshold, the share of made-up runs that find the variant without stops better. */
function power(host: MadeUpHost, thresholds: readonly LatencyThreshold[]): number[] {
  const found = thresholds.map(() => 0);
  for (let run = 0; run < RUNS; run++) {
    const random = seededRandom(run);
    const boots = Object.entries(STOP_MS).flatMap(([arm, stopMs]) =>
      Array.from({ length: BOOTS }, (_, index) => ({ id: `${index}-${arm}`, arm, result: hostBoot(host, stopMs, random) })),
    );
    thresholds.forEach((threshold, index) => {
      const { verdict } = analysePrimary({ ...madeUpPlan, threshold }, boots).pairs[0]!.primary;
      if (verdict.kind === 'better' && verdict.arm === 'a') found[index]!++;
    });
  }
  return found.map((count) => count / RUNS);
}

t.test('the shipped threshold finds a stop of 2 ms on a calm host', async (t) => {
  const [share] = power(HOSTS.calm, [shipped]);
  t.ok(share! >= 0.7, String(share));
});

t.test('and on a busy one, which hides it from thresholds further out; below them it is lost in the usual latency', async (t) => {
  const [own, p50, p75, p90, p95, p99] = power(HOSTS.busy, [shipped, ...[50, 75, 90, 95, 99].map(percentile)]);
  t.comment(`p50 ${p50}, p75 ${p75}, p90 ${p90}, p95 ${p95}, p99 ${p99}`);
  t.ok(own! >= 0.7, String(own));
  t.ok(p99! < 0.5 && p50! < 0.5);
});
