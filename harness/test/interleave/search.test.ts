// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { SWAPOFF as RACE } from '../race/shipped.ts';
import { parse } from 'yaml';
import { SplatScanner } from '../../evidence/scanner.ts';
import type { ChainReader } from '../../interleave/chains.ts';
import type { Runner } from '../../interleave/runner.ts';
import { formatSchedule, parseSchedule } from '../../interleave/schedule.ts';
import { candidatesOf, isSameKind, likelyPaths, pointsAt } from '../../interleave/search/candidates.ts';
import { drawPreemption } from '../../interleave/search/preemption.ts';
import {
  census,
  DEFAULT_ROUND_TIMES,
  followingSplat,
  preemptOnce,
  type SearchedMachine,
} from '../../interleave/search/round.ts';
import { contenderCode } from '../../interleave/search/contender.ts';
import { ConsoleSplats } from '../../lab/console-splats.ts';
import { SymbolTable } from '../../interleave/symbols.ts';
import { MachineLostError } from '../../model/errors.ts';
import type { PathPoint, PlacedMachine } from '../../model/interleave.ts';
import type { Preemption, SearchFound, SearchRound } from '../../model/search.ts';

const FAULT = 0xffffffff81001000n;
const KEEP = 0xffffffff81002000n;
const SWAPOFF = 0xffffffff81003000n;
const RETURN = SWAPOFF + 0x40n;
const symbols = new SymbolTable(
  ['1 T do_swap_page', '2 T vfree', '3 T __x64_sys_swapoff', '4 T __schedule', '5 T _etext']
    .map((symbol) => `ffffffff8100${symbol.replace(' ', '000 ')}\n`)
    .join(''),
);

const lists = { seed: '1', functions: ['a', 'b', 'c', 'd'], contenderFunctions: ['x', 'y'] };

t.test('a round’s preemption follows from the seed, and other rounds and seeds get others', async (t) => {
  const drawn = Array.from({ length: 400 }, (_, round) => drawPreemption(lists, round));
  t.same(
    drawn,
    Array.from({ length: 400 }, (_, round) => drawPreemption({ ...lists }, round)),
  );
  t.notSame(
    drawn.slice(0, 20),
    Array.from({ length: 20 }, (_, round) => drawPreemption({ ...lists, seed: '2' }, round)),
  );
  for (const func of lists.functions) t.ok(drawn.filter((each) => each.func === func).length > 60, func);
  const second = drawn.filter(({ contenderTo }) => contenderTo !== null).length;
  t.ok(second > 60 && second < 180, `${second} with a second hold`);
  t.ok(drawn.filter(({ steps }) => steps === 0).length > 40, 'some at the entry itself');
  t.ok(drawn.every((_, round) => drawPreemption({ ...lists, contenderFunctions: [] }, round).contenderTo === null));
});

const BODIES = ['__do_sys_swapoff', '__x64_sys_swapoff'];

t.test('the contender: its body, its returns, with return thunks or without, and what it calls', async (t) => {
  const disassemble = async () =>
    new Map([
      ['0xffffffff81003010', { bytes: 'c3', text: 'ret' }],
      ['0xffffffff81003020', { bytes: 'e9', text: 'jmp    ffffffff81c00000 <__x86_return_thunk>' }],
      ['0xffffffff81003030', { bytes: 'e9', text: 'jmp    ffffffff81003000 <__x64_sys_swapoff>' }],
      ['0xffffffff81003040', { bytes: 'c3', text: 'retq' }],
    ]);
  const code = await contenderCode(BODIES, symbols, disassemble, async () => ['vfree', 'not_of_this_kernel']);
  t.same(code, {
    func: '__x64_sys_swapoff',
    returns: [0xffffffff81003010n, 0xffffffff81003020n, 0xffffffff81003040n],
    calls: ['vfree'],
  });
  await t.rejects(
    contenderCode(BODIES, new SymbolTable(''), disassemble, async () => []),
    { code: 'NO_SUCH_FUNCTION' },
  );
});

interface Script {
  /** Stops in order: address and thread; a splat begins after the last. */
  readonly stops: readonly (readonly [bigint, number])[];
  readonly splat?: string;
  /** Chains of thread 1 and 2, innermost first. */
  readonly chains?: Readonly<Record<number, readonly string[]>>;
}

/** A machine of two vCPUs that stops where a script says. */
function fake({ stops, splat, chains = {} }: Script) {
  const resumed: string[] = [];
  const inserted = new Set<bigint>();
  const pcs = new Map<number, bigint>();
  let at = 0;
  let work = 0;
  const over = (): boolean => splat !== undefined && at >= stops.length;
  const machine = {
    vcpus: {
      running: false,
      threads: async () => [1, 2],
      readRegister: async (thread: number, name: string) =>
        name === 'rip' ? (pcs.get(thread) ?? 0n) : BigInt(thread) << 20n,
      step: async (thread: number) => void pcs.set(thread, (pcs.get(thread) ?? 0n) + 4n),
    },
    workMs: async () => (work += 50),
    splats: {
      restart: () => undefined,
      titles: () => (over() ? [splat] : []),
      whole: async () => (over() ? undefined : new Promise(() => undefined)),
    },
  } as unknown as PlacedMachine;
  const runner = {
    insert: async (...addresses: bigint[]) => addresses.forEach((address) => inserted.add(address)),
    remove: async (...addresses: bigint[]) => addresses.forEach((address) => inserted.delete(address)),
    clear: async () => inserted.clear(),
    start: async (threads: readonly number[] | 'all') => void resumed.push(String(threads)),
    awaitAny: async () => {
      const stop = stops[at];
      if (stop === undefined || !inserted.has(stop[0])) return 'none';
      at++;
      pcs.set(stop[1], stop[0]);
      return { pc: stop[0], thread: stop[1] };
    },
    halt: async () => null,
  } as unknown as Runner;
  const reader = {
    chainOf: async (_: bigint, [thread]: readonly number[]) => ({
      places: (chains[thread ?? 0] ?? []).map((func) => ({ func })),
    }),
  } as unknown as ChainReader;
  const searched: SearchedMachine = {
    machine,
    runner,
    chains: reader,
    symbols,
    contender: { func: '__x64_sys_swapoff', returns: [RETURN], calls: ['vfree'] },
  };
  return { searched, resumed, inserted };
}

/** A console that a test writes. */
class ConsoleLines {
  #listener: (line: string) => void = () => undefined;
  readonly subscribe = (listener: (line: string) => void): void => void (this.#listener = listener);
  readonly print = (line: string): void => this.#listener(line);
}

const SPLAT = [
  '[    1.486476][   T54] BUG: kernel NULL pointer dereference, address: 0000000000000030',
  '[    1.498290][   T54] RIP: 0010:__swp_swapcount+0xa0/0xc0',
  '[    1.502000][   T54] Call Trace:',
  '[    1.502100][   T54]  <TASK>',
  '[    1.503000][   T54]  do_swap_page+0x80/0x600',
  '[    1.503100][   T54]  </TASK>',
  '[    1.525825][   T54] ---[ end trace 0000000000000000 ]---',
];

const preemption: Preemption = { gapMs: 0, func: 'do_swap_page', steps: 3, contenderTo: null };

t.test('the first thread is stepped and held while the other vCPU runs, until swapoff returns', async (t) => {
  const { searched, resumed, inserted } = fake({
    stops: [
      [FAULT, 2],
      [RETURN, 1],
    ],
    chains: { 2: ['do_swap_page', 'exc_page_fault'] },
  });
  const outcome = await preemptOnce(searched, preemption, DEFAULT_ROUND_TIMES);
  t.match(outcome, {
    held: { func: 'do_swap_page', offset: 12 },
    chain: ['do_swap_page', 'exc_page_fault'],
    contender: 'returned',
    splat: null,
  });
  t.ok(resumed.includes('1'), 'the other vCPU alone');
  t.equal(inserted.size, 0, 'no breakpoint is left');
});

t.test('swapoff’s own thread is let pass; a swapoff that does not return goes on with all', async (t) => {
  const { searched } = fake({
    stops: [
      [FAULT, 1],
      [FAULT, 2],
    ],
    chains: { 1: ['unuse_pte_range', '__x64_sys_swapoff'], 2: ['do_swap_page'] },
  });
  t.match(await preemptOnce(searched, preemption, DEFAULT_ROUND_TIMES), {
    chain: ['do_swap_page'],
    contender: 'went on',
  });
  const nobody = fake({ stops: [] });
  t.match(await preemptOnce(nobody.searched, preemption, DEFAULT_ROUND_TIMES), {
    held: null,
    contender: null,
    splat: null,
  });
});

t.test(
  'swapoff is kept where it was to be kept, and nobody else is; the first thread then goes on alone',
  async (t) => {
    const { searched, resumed } = fake({
      stops: [
        [FAULT, 2],
        [KEEP, 1],
      ],
      chains: { 1: ['vfree', '__x64_sys_swapoff'], 2: ['do_swap_page'] },
    });
    t.match(await preemptOnce(searched, { ...preemption, contenderTo: 'vfree' }, DEFAULT_ROUND_TIMES), {
      contender: 'kept',
    });
    t.ok(resumed.indexOf('2') > resumed.indexOf('1'));
    const other = fake({
      stops: [
        [FAULT, 2],
        [KEEP, 1],
        [RETURN, 1],
      ],
      chains: { 1: ['vfree', 'kthread'], 2: ['do_swap_page'] },
    });
    t.match(await preemptOnce(other.searched, { ...preemption, contenderTo: 'vfree' }, DEFAULT_ROUND_TIMES), {
      contender: 'returned',
    });
  },
);

t.test('a splat is the round’s, whether a thread was held or not', async (t) => {
  const title = 'BUG: in f';
  t.match(await preemptOnce(fake({ stops: [], splat: title }).searched, preemption, DEFAULT_ROUND_TIMES), {
    held: null,
    splat: title,
  });
  t.match(await preemptOnce(fake({ stops: [[FAULT, 2]], splat: title }).searched, preemption, DEFAULT_ROUND_TIMES), {
    contender: 'went on',
    splat: title,
  });
});

t.test('a splat that has begun is followed until its title is whole', async (t) => {
  const { searched } = fake({ stops: [] });
  const console = new ConsoleLines();
  const splats = new ConsoleSplats(() => new SplatScanner(), console.subscribe);
  const machine: PlacedMachine = { ...searched.machine, splats };
  const runner = { ...searched.runner, start: async () => SPLAT.slice(1).forEach(console.print) } as unknown as Runner;
  const begun = async (): Promise<void> => console.print(SPLAT[0] as string);
  t.equal(
    await followingSplat({ ...searched, machine, runner }, DEFAULT_ROUND_TIMES, begun),
    'BUG: unable to handle kernel NULL pointer dereference in __swp_swapcount',
  );
  splats.restart();
  t.equal(await followingSplat({ ...searched, machine, runner }, DEFAULT_ROUND_TIMES, async () => undefined), null);
});

t.test('a machine that goes with its crash leaves the crash; one that goes without is lost', async (t) => {
  const gone = async (): Promise<never> => {
    throw new MachineLostError('GDB_LOST', 'gone');
  };
  const crashed = fake({ stops: [], splat: 'BUG: in f' });
  t.match(
    await preemptOnce(
      { ...crashed.searched, runner: { ...crashed.searched.runner, start: gone } as unknown as Runner },
      preemption,
      DEFAULT_ROUND_TIMES,
    ),
    { splat: 'BUG: in f' },
  );
  const lost = fake({ stops: [] });
  await t.rejects(
    preemptOnce(
      { ...lost.searched, runner: { ...lost.searched.runner, start: gone } as unknown as Runner },
      preemption,
      DEFAULT_ROUND_TIMES,
    ),
    { code: 'GDB_LOST' },
  );
});

t.test('functions that no thread reaches are found out', async (t) => {
  const { searched, inserted } = fake({ stops: [[KEEP, 1]] });
  t.same(await census(searched, ['do_swap_page', 'vfree'], 200), { reached: ['vfree'], cut: false });
  t.equal(inserted.size, 0);
  const crashed = fake({ stops: [[KEEP, 1]], splat: 'BUG: in f' });
  t.same(
    await census(crashed.searched, ['do_swap_page', 'vfree'], 200),
    { reached: ['vfree'], cut: true },
    'others might have been reached',
  );
});

const splat = {
  kind: 'splat',
  title: 'BUG: unable to handle kernel NULL pointer dereference in __swap_duplicate',
} as const;
const round = (change: Partial<SearchRound>): SearchRound => ({
  ...{
    round: 0,
    preemption,
    held: { address: '0x1', func: 'xas_load', offset: 7 },
    chain: ['xas_load', 'do_swap_page'],
  },
  ...{ contender: 'returned', splat: null, elapsedMs: 1, ...change },
});
const found = (rounds: readonly SearchRound[], found: SearchFound = splat) =>
  candidatesOf({ rounds, found, race: RACE, contender: '__x64_sys_swapoff', functions: ['do_swap_page'] });

t.test(
  'candidates: the latest holds first, one hold before two, swapoff’s own never, the crash itself at last',
  async (t) => {
    const crash = { path: 'fault', func: '__swap_duplicate', offset: 0, contenderTo: null };
    t.same(found([]), [crash]);
    t.same(found([], { kind: 'stalled', threads: [] }), []);
    const first = round({ held: { address: '0x2', func: 'do_swap_page', offset: 0 }, chain: ['do_swap_page'] });
    const last = round({ contender: 'kept', preemption: { ...preemption, contenderTo: 'vfree' } });
    const own = round({ chain: ['unuse_pte_range', '__x64_sys_swapoff'] });
    t.same(found([first, own, last]), [
      { path: 'fault', func: 'xas_load', offset: 7, contenderTo: null },
      { path: 'fault', func: 'xas_load', offset: 7, contenderTo: 'vfree' },
      { path: 'fault', func: 'do_swap_page', offset: 0, contenderTo: null },
      crash,
    ]);
    t.ok(found([round({ chain: ['x', 'mincore_pte_range'] })]).some(({ path }) => path === 'mincore'));
  },
);

t.test('where nothing says where it was, every path that the workload is on is likely', async (t) => {
  const functions = ['do_swap_page', 'mincore_pte_range'];
  for (const found of [
    { kind: 'stalled', threads: [] },
    { kind: 'corruption', pages: 1 },
    { kind: 'splat', title: 'BUG: unable to handle kernel NULL pointer dereference' },
  ] as const) {
    t.same(
      likelyPaths({ rounds: [], found, race: RACE, contender: '__x64_sys_swapoff', functions }),
      [
        { path: 'fault', candidates: [] },
        { path: 'mincore', candidates: [] },
      ],
      found.kind,
    );
  }
  const inMincore = round({ chain: ['mincore_pte_range'] });
  t.same(
    likelyPaths({
      rounds: [inMincore],
      found: { kind: 'stalled', threads: [] },
      race: RACE,
      contender: '__x64_sys_swapoff',
      functions,
    }).map(({ path }) => path),
    ['mincore', 'fault'],
  );
});

t.test('a place is as many points as the path comes there', async (t) => {
  const point = (index: number, offset: number): PathPoint => ({
    index,
    address: '0x1',
    func: 'f',
    offset,
    occurrence: 1,
  });
  t.same(
    pointsAt([point(0, 1), point(1, 2), point(2, 1)], { func: 'f', offset: 1 }).map(({ index }) => index),
    [0, 2],
  );
  t.ok(isSameKind({ kind: 'oops', signature: '', splat: null }, splat));
  t.notOk(isSameKind({ kind: 'ok' }, splat));
  t.ok(isSameKind({ kind: 'hang', where: '', backtraces: {} }, { kind: 'stalled', threads: [] }));
});

t.test('a schedule is one line a value, however long', async (t) => {
  const schedule = formatSchedule({
    ...{ name: 'found-on-stock', describe: 'found', race: 'swapoff', path: 'fault', setup: 'rotational' },
    ...{ meanwhile: 'swapoff', hold: { at: 'xas_load+0x4d', how: 'stall' } },
    expect: { kind: 'oops', matches: `${splat.title} and a long line that must stay one` },
  });
  t.same(parseSchedule(schedule, 'found'), parse(schedule));
  t.equal(schedule.split('\n').filter((line) => line.includes('must stay one') && line.includes('matches')).length, 1);
});
