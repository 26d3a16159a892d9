// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { parseCallees, reachable } from '../../interleave/calls.ts';
import { EntryWalker, pathByEntries } from '../../interleave/entries.ts';
import type { Placement } from '../../interleave/prepare.ts';
import { SymbolTable } from '../../interleave/symbols.ts';

const DISASSEMBLY = `
ffffffff81001000 <do_swap_page>:
ffffffff81001004:\tcall   ffffffff81005000 <__fentry__>
ffffffff81001009:\tcall   ffffffff81002000 <swap_readpage>
ffffffff8100100e:\tjmp    ffffffff81001020 <do_swap_page+0x20>
ffffffff81001013:\tcall   ffffffff81002000 <swap_readpage>
ffffffff81001018:\tcall   *0x10(%rax)
ffffffff8100101c:\tjmp    ffffffff81003000 <swap_free>
ffffffff81001020:\tjne    ffffffff81003000 <swap_free>
ffffffff81001022:\tcall   ffffffff81007000 <_raw_spin_lock>
ffffffff81001026:\tcall   ffffffff81006000 <do_swap_page.cold>
`;

t.test('direct calls and jumps to another function, without the compiler’s own, locks and counters', async (t) => {
  t.same(parseCallees(DISASSEMBLY), ['swap_readpage', 'swap_free']);
  t.same(parseCallees(''), []);
});

t.test('functions this many calls deep, each once', async (t) => {
  const graph: Record<string, string[]> = { a: ['b', 'c'], b: ['c', 'd'], d: ['e'] };
  const asked: string[] = [];
  const callees = async (func: string) => (asked.push(func), graph[func] ?? []);
  t.same(await reachable(['a'], 2, callees), ['a', 'b', 'c', 'd']);
  t.same(asked, ['a', 'b', 'c']);
  t.same(await reachable(['a', 'd'], 0, callees), ['a', 'd']);
});

const READ = 0xffffffff81002000n;
const FREE = 0xffffffff81003000n;
const ENDED = 0x6a0000000050n;
const HELD_STACK = 0xffff888000100000n;
const OTHER_STACK = 0xffff888000200000n;

/** A placement whose threads arrive where a list says. */
function fake(arrivals: readonly (readonly [pc: bigint, stack: bigint])[]) {
  let next = 0;
  let stack = 0n;
  const inserted = new Set<bigint>();
  const loaded: string[] = [];
  const placement = {
    machine: {
      vcpus: { running: false, readRegister: async () => stack + 8n },
      snapshots: { save: async () => undefined, load: async (name: string) => void loaded.push(name) },
      splats: { restart: () => undefined },
    },
    runner: {
      insert: async (...addresses: bigint[]) => void addresses.forEach((address) => inserted.add(address)),
      remove: async (...addresses: bigint[]) => void addresses.forEach((address) => inserted.delete(address)),
      start: async () => undefined,
      restored: () => undefined,
      awaitAny: async () => {
        const arrival = arrivals[next++];
        if (arrival === undefined) return 'none';
        stack = arrival[1];
        return { thread: 2, pc: arrival[0] };
      },
    },
    control: { addressOf: () => ENDED, markAt: (pc: bigint) => (pc === ENDED ? 'held-done' : null) },
    chains: {
      chainOf: async () => ({
        places: ['io_schedule', 'swap_readpage', 'do_swap_page', 'exc_page_fault'].map((func) => ({ func })),
      }),
    },
    symbols: new SymbolTable(
      'ffffffff81002000 T swap_readpage\nffffffff81003000 T swap_free\nffffffff81004000 T _etext\n',
    ),
    heldStack: HELD_STACK,
    anchor: 'do_swap_page',
  };
  return { placement: placement as unknown as Placement, inserted, loaded };
}

const signal = new AbortController().signal;

t.test('entries of the held thread are points, those of other threads are not', async (t) => {
  const { placement, inserted } = fake([
    [READ, HELD_STACK],
    [FREE, OTHER_STACK],
    [FREE, HELD_STACK],
    [FREE, HELD_STACK],
    [ENDED, 0n],
  ]);
  const asked: string[][] = [];
  const ahead = async (chain: readonly string[]) => (
    asked.push([...chain]),
    ['swap_readpage', 'swap_free', 'not_in_this_kernel']
  );
  const path = await pathByEntries(placement, { points: [], end: '__swap_duplicate returned' }, ahead, signal);
  t.same(asked, [['swap_readpage', 'do_swap_page']], 'the scheduler and what is outside of the anchor are not ahead');
  t.same(
    path.points.map(({ func, occurrence }) => [func, occurrence]),
    [
      ['swap_readpage', 1],
      ['swap_free', 1],
      ['swap_free', 2],
    ],
  );
  t.match(path, { from: '__swap_duplicate returned', end: 'the operation ended' });
  t.equal(inserted.size, 0);
  await t.rejects(pathByEntries(fake([]).placement, path, ahead, signal), { code: 'NOT_PLACED' });
});

t.test('the walker stops at the entry that is meant, and says when it is never made', async (t) => {
  const point = { index: 2, address: `0x${FREE.toString(16)}`, func: 'swap_free', offset: 0, occurrence: 2 };
  const good = fake([
    [FREE, HELD_STACK],
    [FREE, OTHER_STACK],
    [FREE, HELD_STACK],
  ]);
  await new EntryWalker(good.placement).goTo(point);
  t.same(good.loaded, ['stepped']);
  t.equal(good.inserted.size, 0);
  const differs = fake([
    [FREE, HELD_STACK],
    [ENDED, 0n],
  ]);
  await t.rejects(new EntryWalker(differs.placement).goTo(point), {
    code: 'PATH_DIFFERS',
    message: /1 times this time, not 2/,
  });
});
