// SPDX-License-Identifier: GPL-2.0-only
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { Arm } from '../../../model/latency.ts';
import { GuestError, type SwapraceError } from '../../../model/errors.ts';
import { LatencyBlocks } from '../../../pipeline/latency/blocks.ts';
import { loadLatencyPlan } from '../../../pipeline/latency/plan.ts';
import { workspace } from '../../../pipeline/workspace.ts';
import { readLatencyBoots } from '../../../store/latency-read.ts';
import { LatencyStore, type NewLatencyRun } from '../../../store/latency-store.ts';
import { madeUpSamples, samplesFile } from '../../probe/latency/fixtures/made-up.ts';

const place = workspace();
const shipped = await loadLatencyPlan(join(place.plansDir, 'latency.yaml'), place);
const plan = {
  ...shipped,
  workload: { ...shipped.workload, cycles: 10 },
  budget: { minBoots: 1, maxBoots: 2, seconds: 600, precision: 0.2 },
};
const kernel = (id: string) => ({ id, kernelVersion: '6.1.192', buildId: `build-${id}` });
const newRun = {
  plan,
  versions: {},
  kernels: { 'v5a+ra': kernel('aaaa'), 'v5b+ra': kernel('bbbb') },
  accelerator: { accelerator: 'tcg', reason: 'made up' },
  host: { cores: '2', cpu: 'made up' },
} as unknown as NewLatencyRun;

/** A run of guests that nobody boots. */
async function run(results: string, count: ((arm: Arm) => Promise<number>) | null, notes: string[] = []) {
  const store = await LatencyStore.create(results, newRun);
  const finished = await new LatencyBlocks(store, {
    accelerator: 'tcg',
    measure: async (arm, _, { dir, consoleLog }) => {
      const dead = arm.id === 'v5b+ra';
      await writeFile(consoleLog, '');
      if (!dead) await writeFile(join(dir, 'samples.bin'), samplesFile(madeUpSamples()));
      return {
        end: dead ? { kind: 'splat' } : { kind: 'completed' },
        guestBuildId: kernel(arm.variant === 'v5a+ra' ? 'aaaa' : 'bbbb').buildId,
        argv: ['qemu'],
        bootMs: 1,
      };
    },
    count,
    signal: new AbortController().signal,
    emit: (event) => void (event.kind === 'note' && notes.push(event.message)),
  }).run();
  return {
    ...finished,
    counts: (await readLatencyBoots(store.dir)).map(({ record }) => [record.boot.id, record.instructions]),
  };
}

t.test('a variant whose every boot crashes is named, gives no figure, and leaves the others measured', async (t) => {
  const { analysis, report } = await run(t.testdir(), null);
  t.same(
    analysis.arms.map(({ usable, unusable }) => [usable, unusable.length]),
    [
      [2, 0],
      [0, 2],
      [2, 0],
      [2, 0],
      [2, 0],
    ],
  );
  t.match(
    analysis.pairs[0]?.endpoints.map(({ comparison }) => comparison),
    [null, null, null, null, null, null, null],
  );
  t.match(report, /v5b\+ra +0 boots, 2 not used: it is not compared\n    000-v5b\+ra: kernel-complained, /);
});

t.test(
  'a fault is counted beside each boot of what is compared, and a count that failed is missing only itself',
  async (t) => {
    const notes: string[] = [];
    const failing =
      (error: SwapraceError) =>
      async ({ role }: Arm): Promise<number> =>
        role === 'null' ? Promise.reject(error) : 900;
    const { counts } = await run(t.testdir(), failing(new GuestError('PATH_NOT_REACHED', 'no fault')), notes);
    t.same(
      Object.fromEntries(counts),
      Object.fromEntries(
        [0, 1].flatMap((block) =>
          [
            ['v5a+ra', 900],
            ['v5b+ra', 900],
            ['v5a+ra=null', null],
            ['v5a+ra=quiet', null],
            ['v5a+ra=stop', null],
          ].map(([arm, count]) => [`00${block}-${arm}`, count]),
        ),
      ),
    );
    t.same(
      notes,
      Array.from({ length: 2 }, () => 'No instructions of v5a+ra=null: no fault'),
    );
  },
);
