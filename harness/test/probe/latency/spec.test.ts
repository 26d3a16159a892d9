// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { parsePlan } from '../../../plan/parse.ts';
import { armsOf } from '../../../probe/latency/arms.ts';
import { latencySpec, type LatencySpec } from '../../../probe/latency/spec.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../../..');
const file = join(root, 'kernel-configs/plans/latency.yaml');
const shipped = readFileSync(file, 'utf8');
const parse = (text: string) => parsePlan(text, { file, root });
const probeOf = (text: string): LatencySpec => parse(text).probes[0] as LatencySpec;

t.test('the shipped plan has such a probe, and is stored as it is', async (t) => {
  const probe = probeOf(shipped);
  t.same(
    armsOf(probe.variants).map(({ id }) => id),
    ['v5a+sites+ra', 'v5b+sites+ra', 'v5a+sites+ra=null', 'v5a+sites+ra=quiet', 'v5a+sites+ra=stop'],
  );
  t.match(parse(shipped), { seed: null, alpha: 0.05, accelerator: 'auto' });
  t.match(probe, {
    threshold: { kind: 'quiet-percentile', percent: 99 },
    race: { name: 'swapoff', words: { contender: 'swapoff()', operation: 'swap-in' } },
    workload: { instrument: 'sampler', race: true },
    instructions: false,
    control: null,
  });
  t.ok(probe.workload.periodUs >= probe.workload.horizonUs);
  t.match(probe.guest, { cmdline: [], backend: { rotational: true, sizeKiB: 1024 } });
  t.same(latencySpec.parse(JSON.parse(JSON.stringify(probe))), probe);
});

t.test('a threshold is a percentile or a latency', async (t) => {
  t.same(probeOf(shipped.replace('threshold: p99', 'threshold: p99.9')).threshold, {
    kind: 'quiet-percentile',
    percent: 99.9,
  });
  t.same(probeOf(shipped.replace('threshold: p99', 'threshold: 1500us')).threshold, { kind: 'fixed', us: 1500 });
});

t.test('what is wrong with a probe is said with its line', async (t) => {
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
    new RegExp(`line ${lineOf('horizon-us: 20000')}: probes.rt.horizon-us: .*two cycles`),
  );
  t.match(wrong('linux-6.1/v5b', 'linux-6.1/v5c'), /unknown series linux-6.1\/v5c/);
  t.match(wrong('pages: 64', 'pages: 256'), /do not fit a swap area of 1 MiB/);
  t.match(wrong('size: 1MiB', 'size: 1'), /needs whole MiB, as 1MiB/);
  t.match(wrong('kind: virtio-blk', 'kind: zram'), /probes.rt.backend.kind is "zram": .*virtio-blk/);
  t.match(wrong('min-boots: 8', 'min-boots: 80'), /more than max-boots/);
  t.match(wrong('pages: 64', 'page: 64'), /probes.rt.page: unknown key; did you mean pages\?/);
  t.match(wrong('    cycles: 200\n', ''), /probes.rt.cycles: is missing, here and in the defaults/);
  t.match(
    wrong('name: latency', 'name: latency\nrace: synthetic-events'),
    /the race synthetic-events has no program latency/,
  );
  for (const bad of ['p0', '0us', '90', 'p99 ms'])
    t.match(
      wrong('threshold: p99', `threshold: ${bad}`),
      new RegExp(`line ${lineOf('threshold: p99')}: probes.rt.threshold.* (p90 or 1500us)`),
    );
  t.match(wrong('vcpus: 4', 'vcpus: [4'), /line/, 'no YAML at all');
});
