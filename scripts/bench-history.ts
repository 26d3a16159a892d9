// SPDX-License-Identifier: GPL-2.0-only
/**
 * What the history costs: an index over a thousand finished runs of the default plan's size, made from nothing, and
 * again after one run was added. Prints seconds; nothing absolute is stable on a shared machine.
 *
 *   npm run bench:history
 *   npm run bench:history -- RUNS
 */
import { join } from 'node:path';
import { makePrivateDir } from '../harness/host/temp-dir.ts';
import { readHistory } from '../harness/run/history.ts';
import { historyHtml } from '../harness/report/html/history.ts';
import { template, writeNights, type Night, type Template } from '../harness/test/results/fixtures/many-runs.ts';

const VARIANTS = ['unpatched', 'weakened', 'v5a', 'v5b', 'v5a+sites+ra', 'v5b+sites+ra', 'rcu-5.3', 'stock'];

/** The fixture's run with as many variants as the default plan has. */
function wide({ header, verdict }: Template): Template {
  const [probe] = verdict.probes;
  const first = probe?.variants[0];
  if (probe === undefined || first === undefined) throw new Error('no variant');
  const kernel = header.kernels['stock'];
  const kernels = Object.fromEntries(VARIANTS.flatMap((id) => (kernel === undefined ? [] : [[id, kernel]])));
  return {
    header: { ...header, kernels },
    verdict: { ...verdict, probes: [{ ...probe, variants: VARIANTS.map((variant) => ({ ...first, variant })) }] },
  };
}

async function timed(what: string, work: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  await work();
  process.stdout.write(`${what}: ${((performance.now() - start) / 1000).toFixed(2)} s\n`);
}

async function index(results: string): Promise<void> {
  const { runs, series, unreadable } = await readHistory(results, { rebuild: false });
  historyHtml({ runs, series, linkOf: (run) => run, notes: unreadable });
}

const count = Number(process.argv[2] ?? 1000);
await using scratch = await makePrivateDir('bench');
const results = join(scratch.path, 'results');
const base = wide(await template(join(scratch.path, 'template')));
const nights: Night[] = Array.from({ length: count }, (_, night) => ({
  crashes: 1 + ((night * 7919) % 4),
  exposure: 300 + (night % 50),
}));
writeNights(results, base, nights);
await timed(`${count} runs, from nothing`, () => index(results));
await timed(`${count} runs, none new`, () => index(results));
writeNights(results, base, [{ crashes: 2, exposure: 300 }], count);
await timed(`${count} runs and one new`, () => index(results));
