// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { attempt, DEFAULT_TIMES, holdMeanwhile, type Interleaving } from '../../interleave/attempt.ts';
import { PROGRESS, type Mark } from '../../interleave/control.ts';
import { ACTOR, HELD, type Placement } from '../../interleave/prepare.ts';
import { SymbolTable } from '../../interleave/symbols.ts';

const POINT = 0xffffffff81001010n;
const KEEP = 0xffffffff81002000n;
const symbols = new SymbolTable(
  'ffffffff81001000 T do_swap_page\nffffffff81002000 T vfree\nffffffff81003000 T _etext\n',
);
const STACKS = { [ACTOR]: 0xffff888000200000n, [HELD]: 0xffff888000100000n } as const;
const OTHER = 0xffff888000300000n;

const MARKS = ['woken', 'hold_begin', 'contender_done', 'held_done', 'done'] as const satisfies readonly Mark[];
type Stop = (typeof MARKS)[number] | 'keep' | 'keep of another thread';

/** A machine that stops where a script says, and what it was asked for. */
function fake(
  script: readonly Stop[],
  options: { readonly oopsAfter?: number; readonly held?: number; readonly chain?: readonly string[] } = {},
) {
  const asked: string[] = [];
  const written: Record<string, number>[] = [];
  let next = 0;
  let stack: bigint = STACKS[ACTOR];
  const addressOf = (mark: Mark): bigint => BigInt((MARKS as readonly Mark[]).indexOf(mark) + 1);
  const oopsed = (): boolean => options.oopsAfter !== undefined && next >= options.oopsAfter;
  const arrive = () => {
    if (oopsed()) return 'none';
    const stop = script[next++];
    if (stop === undefined) return 'none';
    stack = stop === 'keep of another thread' ? OTHER : STACKS[ACTOR];
    return { thread: ACTOR, pc: stop.startsWith('keep') ? KEEP : addressOf(stop as Mark) };
  };
  let work = 0;
  const placement = {
    machine: {
      vcpus: { readRegister: async (_: number, name: string) => (name === 'rip' ? POINT : stack + 64n) },
      workMs: async () => (work += 20),
      splats: {
        whole: async () => (oopsed() ? undefined : new Promise<void>(() => undefined)),
        titles: () => (oopsed() ? ['BUG: in f'] : []),
        splats: () => (oopsed() ? [{ title: 'BUG: in f' }] : []),
      },
    },
    runner: {
      insert: async () => undefined,
      remove: async () => undefined,
      start: async (threads: readonly number[] | 'all') =>
        void asked.push(threads === 'all' ? 'all' : threads[0] === HELD ? 'held' : 'contender'),
      awaitAny: async () => arrive(),
      halt: async () => null,
    },
    control: {
      addressOf,
      markAt: (pc: bigint) => MARKS[Number(pc) - 1] ?? null,
      read: async () => ({
        held_state: options.held ?? PROGRESS.begun,
        contender_errno: 0,
        held_errno: 0,
        major_faults: 1,
        wrongs: [],
      }),
      write: async (words: Record<string, number>) => void written.push(words),
    },
    chains: {
      chainOf: async () => ({
        places: (options.chain ?? ASLEEP).map((func) => ({ func, offset: 0, address: '0x1' })),
        scheduledOut: true,
        digest: 'same',
      }),
    },
    symbols,
    contender: { name: 'swapoff', enters: ['__x64_sys_swapoff'] },
    heldStack: STACKS[HELD],
    actorStack: STACKS[ACTOR],
  };
  return { placement: placement as unknown as Placement, asked, written };
}

/** Both threads, wherever they are looked at. */
const ASLEEP = ['__schedule', 'synchronize_rcu', '__x64_sys_swapoff'];
/** A thread that an interrupt took its CPU from before it called anything. */
const TAKEN = ['__schedule', 'irqentry_exit', 'asm_sysvec_apic_timer_interrupt'];

const stall: Interleaving = { hold: 'stall', contenderTo: null };
const preempt: Interleaving = { ...stall, hold: 'preempt' };
const kept: Interleaving = { ...stall, contenderTo: 'vfree' };

t.test('stall: swapoff runs alone until it returns, then all', async (t) => {
  const { placement, asked, written } = fake(['contender_done', 'done']);
  const { seen, landed } = await attempt(placement, stall, DEFAULT_TIMES);
  t.match(seen, {
    end: 'done',
    contenderReturned: true,
    heldWhenOvertaken: true,
    waitedIn: null,
    contenderKept: false,
  });
  t.same(landed, symbols.place(POINT));
  t.same(asked, ['contender', 'all']);
  t.match(written[0], { mode: 0, go: 1 });
});

t.test('stall: a swapoff that sleeps and does not move goes on, and where it slept is reported', async (t) => {
  const { placement } = fake([]);
  t.match(await holdMeanwhile(placement, stall, DEFAULT_TIMES), {
    contenderReturned: false,
    waitedIn: 'synchronize_rcu',
    heldWhenOvertaken: false,
  });
});

t.test('a swapoff whose CPU something else has is no wait', async (t) => {
  const taken = { code: 'CPU_TAKEN', message: /__schedule < irqentry_exit/ };
  await t.rejects(attempt(fake([], { chain: TAKEN }).placement, stall, DEFAULT_TIMES), taken);
  await t.rejects(attempt(fake(['woken'], { chain: TAKEN }).placement, preempt, DEFAULT_TIMES), taken);
});

t.test('swapoff is kept at its place, and no other thread there; the thread goes on alone, then all', async (t) => {
  const { placement, asked } = fake(['keep of another thread', 'keep', 'held_done', 'done']);
  const { seen } = await attempt(placement, kept, DEFAULT_TIMES);
  t.match(seen, {
    end: 'done',
    contenderKept: true,
    contenderReturned: false,
    contenderTo: 'vfree',
    heldWhenOvertaken: true,
  });
  t.same(asked, ['contender', 'contender', 'held', 'all']);
  t.match(await holdMeanwhile(fake(['contender_done']).placement, kept, DEFAULT_TIMES), {
    contenderKept: false,
    contenderReturned: true,
  });
  await t.rejects(attempt(fake([]).placement, { ...stall, contenderTo: 'no_such_function' }, DEFAULT_TIMES), {
    code: 'NO_SUCH_FUNCTION',
  });
});

t.test('preempt: all run once the holder is woken, and it is asked to release', async (t) => {
  const { placement, asked, written } = fake(['woken', 'hold_begin', 'contender_done', 'done']);
  const { seen, landed } = await attempt(placement, preempt, DEFAULT_TIMES);
  t.match(seen, { end: 'done', contenderReturned: true, heldWhenOvertaken: true });
  t.equal(landed?.func, 'synchronize_rcu', 'where the held thread was when the holder took its CPU');
  t.same(asked, ['contender', 'all', 'all', 'all']);
  t.match(written.at(-1), { hold_release: 1 });
  const ended = await holdMeanwhile(
    fake(['woken', 'hold_begin', 'contender_done'], { held: PROGRESS.ended }).placement,
    preempt,
    DEFAULT_TIMES,
  );
  t.equal(ended.heldWhenOvertaken, false, 'an operation that was over by then was not overtaken');
  t.match(
    await holdMeanwhile(fake(['held_done']).placement, preempt, DEFAULT_TIMES),
    { contenderReturned: false, waitedIn: null },
    'no hold without its wake-up',
  );
});

t.test('a splat ends the attempt, whether the thread went on alone or with all', async (t) => {
  const alone = await attempt(fake(['keep'], { oopsAfter: 1 }).placement, kept, DEFAULT_TIMES);
  t.match(alone.seen, { end: 'splat', splat: { title: 'BUG: in f' } });
  const all = await attempt(fake(['contender_done'], { oopsAfter: 1 }).placement, stall, DEFAULT_TIMES);
  t.match(all.seen, { end: 'splat', splat: { title: 'BUG: in f' }, contenderReturned: true });
});
