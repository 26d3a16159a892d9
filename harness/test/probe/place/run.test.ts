// SPDX-License-Identifier: GPL-2.0-only
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Placement } from '../../../interleave/prepare.ts';
import { Runner } from '../../../interleave/runner.ts';
import { SymbolTable } from '../../../interleave/symbols.ts';
import { BootError, GuestError, HostError, UsageError } from '../../../model/errors.ts';
import type { PlacedMachine, PointResult } from '../../../model/interleave.ts';
import type { Step } from '../../../model/probe.ts';
import { runPlaced, type Place } from '../../../probe/place/run.ts';
import type { PlaceArgs } from '../../../probe/place/spec.ts';
import type { Stage } from '../../../probe/stage.ts';
import { makePlaceSpec, makeSeen } from './fixtures/make.ts';

const TEXT = 0xffffffff81001000n;
const probe = makePlaceSpec({ points: { kind: 'every', count: 50 } });

/** A guest whose held vCPU walks straight on, and in which a hold starves the kernel: each attempt is inconclusive. */
function placement(): Placement {
  let at = 0;
  const machine = {
    vcpus: { readRegister: async () => TEXT + BigInt(4 * at), step: async () => (at++, { signal: 5, thread: 2 }) },
    snapshots: { save: async () => undefined, load: async () => void (at = 0) },
  } as unknown as PlacedMachine;
  return {
    machine,
    anchor: 'do_swap_page',
    symbols: new SymbolTable('ffffffff81001000 T do_swap_page\nffffffff81002000 T _etext\n'),
    path: { limits: { untilReturnOf: [], limit: 120 } },
    starved: 'stop_machine',
    runner: new Runner(machine.vcpus),
  } as unknown as Placement;
}

const inFake: Place = async (_probe, _stage, consoleLog, _signal, use) => {
  writeFileSync(consoleLog, 'boot\n', { flag: 'wx' });
  return use(placement());
};

function stageIn(dir: string, signal = new AbortController().signal) {
  const notes: string[] = [];
  const stage = {
    kernel: { vmlinux: '/no/such/vmlinux' },
    files: { path: (name: string) => join(dir, name) },
    signal,
    emit: (event: { message?: string }) => void notes.push(event.message ?? ''),
    progress: () => undefined,
  } as unknown as Stage;
  return { stage, notes };
}

const step = makeSeen('stock', []).step as Step<PlaceArgs>;
const indexes = (dir: string): number[] =>
  readFileSync(join(dir, 'points.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as PointResult).point.index);

t.test('a step leaves its path, its points and its consoles', async (t) => {
  const dir = t.testdir({});
  t.match(await runPlaced(step, probe, stageIn(dir).stage, inFake), { kind: 'completed', guestBuildId: 'a1b2c3d4' });
  t.same(indexes(dir), [0, 50, 100]);
  t.match(readdirSync(dir).sort(), ['console.0.log', 'path.json', 'points.jsonl']);
});

t.test(
  'one that was stopped goes on at its first unexplored point, in a guest with a console of its own',
  async (t) => {
    const dir = t.testdir({});
    await runPlaced(step, probe, stageIn(dir).stage, inFake);
    const [first = ''] = readFileSync(join(dir, 'points.jsonl'), 'utf8').split('\n');
    writeFileSync(join(dir, 'points.jsonl'), `${first}\n{"point":{"ind`);
    const { stage, notes } = stageIn(dir);
    await runPlaced(step, probe, stage, inFake);
    t.same(indexes(dir), [0, 50, 100]);
    t.ok(readdirSync(dir).includes('console.1.log'));
    t.same(notes, ['resuming: 1 points already explored']);
  },
);

t.test('what ends a guest is its end; what is the harness’s own trouble is thrown', async (t) => {
  const failing = (error: Error): Promise<unknown> =>
    runPlaced(step, probe, stageIn(t.testdir({})).stage, async () => Promise.reject(error));
  const notReached = new GuestError('PATH_NOT_REACHED', 'no such path');
  t.match(await failing(notReached), { kind: 'guest-lost', message: 'no such path', guestBuildId: null });
  t.match(await failing(new BootError('BOOT_SILENT', 'silent')), { kind: 'boot-failed' });
  t.match(await failing(new UsageError('NO_SUCH_FUNCTION', 'no f')), { kind: 'not-placed', message: 'no f' });
  const slow = new HostError('EMULATED_TIME', 'slow', { concerns: 'guest' });
  t.match(await failing(slow), { kind: 'host-fault' }, 'made up for by another guest, not the end of the run');
  await t.rejects(failing(new HostError('DISK_FULL', 'full')), { code: 'DISK_FULL' });
  await t.rejects(failing(new TypeError('a bug')), TypeError);
  const { stage } = stageIn(t.testdir({}), AbortSignal.abort(new Error('stop')));
  await t.rejects(runPlaced(step, probe, stage, inFake), { message: 'stop' });
});
