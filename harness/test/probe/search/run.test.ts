// SPDX-License-Identifier: GPL-2.0-only
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { formatSchedule } from '../../../interleave/schedule.ts';
import { GuestError, HostError, UsageError } from '../../../model/errors.ts';
import { deriveSearched } from '../../../probe/search/derive.ts';
import { SEARCH_FILES } from '../../../probe/search/files.ts';
import { runSearch, type SearchEffects } from '../../../probe/search/run.ts';
import type { SearchArgs } from '../../../probe/search/spec.ts';
import type { Stage } from '../../../probe/stage.ts';
import { rawFiles } from '../../../results/raw-files.ts';
import { makeResult, OK, OOPS } from '../place/fixtures/make.ts';
import { CRASH, makeRound, makeSearchSpec, makeStep } from './fixtures/make.ts';

const SYMBOLS = { splats: async <T>(splats: T) => splats, places: async () => new Map() };
const probe = makeSearchSpec();
const ROUNDS: SearchArgs = { do: 'rounds', functions: ['do_swap_page'], first: 0 };
const CONSOLE = [
  '[    1.486476][   T54] BUG: kernel NULL pointer dereference, address: 0000000000000030',
  '[    1.498290][   T54] RIP: 0010:__swap_duplicate+0xa0/0xc0',
  '[    1.502000][   T54] Call Trace:',
  '[    1.503000][   T54]  do_swap_page+0x80/0x600',
  '[    1.525825][   T54] ---[ end trace 0000000000000000 ]---',
  '',
].join('\n');

function stageIn(dir: string, signal = new AbortController().signal) {
  const said: string[] = [];
  const stage = {
    ...{ kernel: {}, lab: {}, signal, emit: () => undefined },
    files: { path: (name: string) => join(dir, name) },
    progress: (text: string) => said.push(text),
  } as unknown as Stage;
  return { stage, said };
}

async function made(t: Test, args: SearchArgs, effects: Partial<SearchEffects>, dir = t.testdir({})) {
  const { stage, said } = stageIn(dir);
  const step = makeStep(args);
  const all = { open: async () => ({}) as never, ...effects } as SearchEffects;
  const end = await runSearch(step, probe, stage, all);
  return { dir, said, end, finding: await deriveSearched(step, end, rawFiles(dir, SYMBOLS as never)) };
}

t.test('rounds are kept as they come; what was found follows from the console', async (t) => {
  const dir = t.testdir({ [SEARCH_FILES.rounds]: 'of an earlier start' });
  const { end, finding, said } = await made(
    t,
    ROUNDS,
    {
      searchGuest: async (_searched, _lab, _probe, _step, { consoleLog }, _signal, onRound) => {
        for (const round of [0, 1, 2, 3]) await onRound(makeRound(round));
        await onRound(makeRound(4, { held: null, contender: null, chain: [] }));
        writeFileSync(consoleLog, CONSOLE);
        return CRASH;
      },
    },
    dir,
  );
  t.match(end, { kind: 'splat', guestBuildId: 'ab12' });
  t.match(finding, { rounds: 5, held: 4, latest: [{ round: 1 }, { round: 2 }, { round: 3 }], splats: { length: 1 } });
  t.match(finding, { found: { kind: 'splat', title: /NULL pointer dereference in __swap_duplicate$/ } });
  t.match(said[0], /^round 1 of 10, do_swap_page: swapoff\(\) returned$/);
  t.match(said[4], /no thread reached it/);
});

t.test('a guest that is lost is an end; a crash on its console is a finding all the same', async (t) => {
  const gone = async (): Promise<never> => Promise.reject(new GuestError('GUEST_LOST', 'gone'));
  const silent = await made(t, ROUNDS, { searchGuest: gone });
  t.match(silent, { end: { kind: 'guest-lost', message: 'gone', guestBuildId: null }, finding: { found: null } });
  const crashed = await made(t, ROUNDS, {
    searchGuest: async (_searched, _lab, _probe, _step, { consoleLog }) => {
      writeFileSync(consoleLog, CONSOLE);
      return gone();
    },
  });
  t.match(crashed.finding, { found: { kind: 'splat' } });
  const stalled = { kind: 'stalled', threads: [{ name: 'a', tid: 1, operation: 'fault', stalledMs: 9 }] } as const;
  t.match(await made(t, ROUNDS, { searchGuest: async () => stalled }), { finding: { found: stalled } });
});

t.test('what the kernel lacks is refused; the harness’s own trouble is thrown', async (t) => {
  const failing = (error: Error) => made(t, ROUNDS, { searchGuest: async () => Promise.reject(error) });
  t.match(await failing(new UsageError('NO_SUCH_FUNCTION', 'no f')), {
    end: { kind: 'not-searched', message: 'no f' },
  });
  await t.rejects(failing(new HostError('DISK_FULL', 'full')), { code: 'DISK_FULL' });
  const { stage } = stageIn(t.testdir({}), AbortSignal.abort(new Error('stop')));
  await t.rejects(runSearch(makeStep(ROUNDS), probe, stage), { message: 'stop' });
});

t.test('a census', async (t) => {
  const args: SearchArgs = { do: 'census', functions: ['do_swap_page', 'f'] };
  const look = { reached: ['do_swap_page'], cut: false };
  t.match(await made(t, args, { lookAround: async () => look }), { finding: { do: 'census', ...look } });
  t.match(await made(t, args, { lookAround: async () => Promise.reject(new GuestError('X', 'x')) }), {
    finding: { reached: [], cut: true },
  });
});

t.test('minimising takes up where an earlier start was, and leaves a schedule', async (t) => {
  const args: SearchArgs = { do: 'minimise', functions: ['do_swap_page'], found: CRASH, rounds: [makeRound(0)] };
  const attempt = (index: number) => ({ path: 'fault', contenderTo: null, result: makeResult(index, OK) });
  const dir = t.testdir({});
  appendFileSync(join(dir, SEARCH_FILES.attempts), `${JSON.stringify(attempt(0))}\n{"cut`);
  const { finding } = await made(
    t,
    args,
    {
      minimise: async (_searched, _lab, { tried, onAttempt, nextConsole, rounds }) => {
        t.same([...tried], ['fault do_swap_page ']);
        t.same(rounds, [makeRound(0)]);
        t.match(nextConsole(), /console\.0\.log$/);
        t.match(nextConsole(), /console\.1\.log$/);
        await onAttempt(attempt(1));
        return 'name: x\n';
      },
    },
    dir,
  );
  t.same(finding, { do: 'minimise', places: 2, schedule: 'name: x\n' });
  t.equal(readFileSync(join(dir, SEARCH_FILES.schedule), 'utf8'), 'name: x\n');
  const none = await made(t, args, { minimise: async () => null });
  t.same(none.finding, { do: 'minimise', places: 0, schedule: null });
});

t.test('a replay counts what met the schedule', async (t) => {
  const schedule = formatSchedule({
    ...{ name: 'held', describe: '', race: 'swapoff', hold: { at: 'do_swap_page', how: 'stall' } },
    expect: { kind: 'oops' },
  });
  const { finding, said } = await made(
    t,
    { do: 'replay', schedule, attempts: 3 },
    {
      replay: async (_kernel, _lab, { expect }, { attempts, onResult }) => {
        t.same(expect, { kind: 'oops' });
        t.equal(attempts, 3);
        for (const outcome of [OOPS, OK, OOPS]) await onResult?.(makeResult(0, outcome));
        return [];
      },
    },
  );
  t.match(finding, { do: 'replay', attempts: 3, met: 2, outcomes: [{ count: 2 }, { outcome: 'ok', count: 1 }] });
  t.equal(said.at(-1), '2 of 3 attempts met what the schedule expects');
});
