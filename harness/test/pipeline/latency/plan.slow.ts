// SPDX-License-Identifier: GPL-2.0-only
import { dirname, join, resolve } from 'node:path';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { parseLatencyPlan, selectVariants } from '../../../pipeline/latency/plan.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');
const file = join(root, 'kernel-configs/plans/latency.yaml');
const shipped = readFileSync(file, 'utf8');
const parse = (text: string) => parseLatencyPlan(text, { file, root });

t.test('the shipped plan is one', async (t) => {
  const plan = parse(shipped);
  t.same(
    plan.arms.map(({ id }) => id),
    ['v5a+ra', 'v5b+ra', 'v5a+ra=null', 'v5a+ra=quiet', 'v5a+ra=stop'],
  );
  t.match(plan, {
    seed: 1,
    alpha: 0.05,
    threshold: { kind: 'quiet-percentile', percent: 99 },
    accelerator: 'auto',
    workload: { instrument: 'sampler' },
  });
  t.ok(plan.workload.periodUs >= plan.workload.horizonUs);
  t.match(plan.guest?.backend, { sizeKiB: 1024 });
  t.ok(plan.variants.every(({ series, fragments }) => series.concat(fragments).every((path) => path.startsWith(root))));
});

t.test('a threshold is a percentile or a latency', async (t) => {
  t.same(parse(shipped.replace('threshold: p99', 'threshold: p99.9')).threshold, {
    kind: 'quiet-percentile',
    percent: 99.9,
  });
  t.same(parse(shipped.replace('threshold: p99', 'threshold: 1500us')).threshold, { kind: 'fixed', us: 1500 });
});

t.test('chosen variants are compared with the first of them', async (t) => {
  const turned = selectVariants(parse(shipped), ['v5b+ra', 'v5a+ra']);
  t.same(
    turned.arms.map(({ id }) => id),
    ['v5b+ra', 'v5a+ra', 'v5b+ra=null', 'v5b+ra=quiet', 'v5b+ra=stop'],
  );
  t.same(
    turned.variants.map(({ id }) => id),
    ['v5b+ra', 'v5a+ra'],
  );
  t.equal(selectVariants(parse(shipped), []).arms.length, 5);
  t.throws(() => selectVariants(parse(shipped), ['v6']), { code: 'UNKNOWN_VARIANT', hint: /v5a\+ra/ });
});

t.test('what is wrong with a plan is told with its line', async (t) => {
  const wrong = (from: string, to: string): string => {
    t.ok(shipped.includes(from), from);
    try {
      parse(shipped.replace(from, to));
      return 'nothing';
    } catch (error) {
      return (error as Error).message;
    }
  };
  const lineOf = (text: string): number => shipped.slice(0, shipped.indexOf(text)).split('\n').length;
  t.match(
    wrong('horizon-us: 20000', 'horizon-us: 50000'),
    new RegExp(`line ${lineOf('horizon-us: 20000')}: .*two swapoffs`),
  );
  t.match(wrong('linux-6.1/v5b', 'linux-6.1/v5c'), /unknown series linux-6.1\/v5c/);
  t.match(wrong('pages: 64', 'pages: 256'), /do not fit a swap area of 1 MiB/);
  t.match(wrong('swap: 1MiB', 'swap: 1'), /needs whole MiB|expected string/);
  t.match(wrong('min-boots: 6', 'min-boots: 60'), /more than max-boots/);
  t.match(wrong('pages: 64', 'page: 64'), /page/);
  for (const bad of ['p0', '0us', '90', 'p99 ms'])
    t.match(
      wrong('threshold: p99', `threshold: ${bad}`),
      new RegExp(`line ${lineOf('threshold: p99')}: latency.threshold: .*(p90 or 1500us|string)`),
    );
  t.match(wrong('vcpus: 4', 'vcpus: [4'), /line/, 'no YAML at all');
});
