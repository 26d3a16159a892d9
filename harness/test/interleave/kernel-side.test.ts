// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { activityOf, liveChain, placeName, waitingPlace, withoutInterrupt } from '../../interleave/chains.ts';
import { ControlPage, parseReadyLine } from '../../interleave/control.ts';
import { tracePath } from '../../interleave/path.ts';
import { stackBase, STACK_BYTES, unwindFromRegisters, unwindFromTop } from '../../interleave/stack.ts';
import { parseAddr2line, SymbolTable } from '../../interleave/symbols.ts';
import type { CodePlace, VcpuControl } from '../../model/interleave.ts';

const LISTING = `0000000000000001 a ABSOLUTE
ffffffff81000000 T _text
ffffffff81000000 T startup_64
ffffffff81001000 T do_swap_page
ffffffff81002000 t __swap_duplicate
ffffffff81003000 t helper
ffffffff81004000 t helper
ffffffff81005000 T __schedule
ffffffff81006000 D some_data
ffffffff81006000 T _etext
`;
const symbols = new SymbolTable(LISTING);

t.test('symbols by address and by name', async (t) => {
  t.equal(symbols.addressOf('do_swap_page'), 0xffffffff81001000n);
  t.equal(symbols.addressOf('some_data'), null);
  t.equal(symbols.addressOf('helper'), 0xffffffff81003000n);
  t.equal(placeName(symbols.place(0xffffffff81001010n) as CodePlace), 'do_swap_page+0x10');
  t.equal(placeName(symbols.place(0xffffffff81004000n) as CodePlace), 'helper');
  t.equal(symbols.place(0xffffffff81000000n)?.func, 'startup_64', 'no marker of the linker');
  t.equal(symbols.place(0x400000n), null);
  t.equal(symbols.place(0xffffffff81007000n), null, 'after the last symbol is no text');
  t.equal(symbols.firstOf(['gone', 'do_swap_page']).name, 'do_swap_page');
  t.throws(() => symbols.firstOf(['gone']), { code: 'NO_SUCH_FUNCTION' });
  t.equal(symbols.addressAt('do_swap_page+0x10'), 0xffffffff81001010n);
  t.equal(symbols.addressAt('do_swap_page'), 0xffffffff81001000n);
  t.throws(() => symbols.addressAt('do_swap_page+zz'), { code: 'NOT_A_PLACE', fault: 'usage' });
});

t.test('addr2line’s inlined chains, with paths inside the tree', async (t) => {
  const chains = parseAddr2line(`0xffffffff81002010
swp_type
/build/linux/./include/linux/swapops.h:70
__swap_duplicate
/build/linux/mm/swapfile.c:3211 (discriminator 4)
0xffffffff81009999
??
??:0
`);
  t.same(chains.get('0xffffffff81002010'), [
    { func: 'swp_type', location: 'include/linux/swapops.h:70' },
    { func: '__swap_duplicate', location: 'mm/swapfile.c:3211' },
  ]);
  t.same(chains.get('0xffffffff81009999'), []);
});

const BASE = 0xffff888000100000n;
const isText = (pc: bigint): boolean => symbols.place(pc) !== null;

function stackWith(words: Readonly<Record<number, bigint>>): { base: bigint; bytes: Buffer } {
  const bytes = Buffer.alloc(STACK_BYTES);
  for (const [offset, value] of Object.entries(words))
    bytes.writeBigUInt64LE(BigInt.asUintN(64, value), Number(offset));
  return { base: BASE, bytes };
}

const TOP = STACK_BYTES - 168;

t.test('a chain is followed from the way into the kernel, through an interrupt, past stale frames', async (t) => {
  t.equal(stackBase(BASE + 100n), BASE);
  const entry = TOP - 16;
  const outer = TOP - 64;
  const regs = 12_000;
  const scheduled = 11_000;
  const stack = stackWith({
    [entry + 8]: 0xffffffff81000020n,
    [outer]: BASE + BigInt(entry),
    [outer + 8]: 0xffffffff81001020n,
    // A call that returned left the same two words further down.
    [9_000]: BASE + BigInt(entry),
    [9_008]: 0xffffffff81003000n,
    // struct pt_regs of an interrupt inside of that frame.
    [regs + 32]: BASE + BigInt(outer),
    [regs + 128]: 0xffffffff81002030n,
    [regs + 136]: 0x10n,
    [scheduled]: (BASE + BigInt(regs)) | 1n,
    [scheduled + 8]: 0xffffffff81005008n,
  });
  t.same(unwindFromTop(stack, isText), [
    { pc: 0xffffffff81005008n, interrupted: false },
    { pc: 0xffffffff81002030n, interrupted: true },
    { pc: 0xffffffff81001020n, interrupted: false },
    { pc: 0xffffffff81000020n, interrupted: false },
  ]);
  t.same(unwindFromTop(stackWith({}), isText), []);
});

t.test('the chain of a vCPU in the kernel, from its registers', async (t) => {
  const stack = stackWith({ 8000: BASE + 9000n, 8008: 0xffffffff81001020n, 9000: 0n, 9008: 0xffffffff81000010n });
  t.same(
    unwindFromRegisters(stack, 0xffffffff81002000n, BASE + 8000n, isText).map(({ pc }) => pc),
    [0xffffffff81002000n, 0xffffffff81001020n],
  );
});

const place = (func: string): CodePlace => ({ address: '0x1', func, offset: 1 });
const chain = (...funcs: string[]) => ({ places: funcs.map(place), scheduledOut: funcs.includes('__schedule') });

t.test('what a thread waits for is the first function outside of the scheduler', async (t) => {
  t.same(
    liveChain([place('stale'), place('__schedule'), place('x'), place('__schedule'), place('schedule')]).places.map(
      ({ func }) => func,
    ),
    ['__schedule', 'schedule'],
  );
  const asleep = chain(
    '__schedule',
    'schedule',
    'schedule_timeout',
    'wait_for_completion',
    '__wait_rcu_gp',
    'synchronize_rcu',
    '__x64_sys_swapoff',
    'do_syscall_64',
  );
  t.equal(waitingPlace(asleep)?.func, 'synchronize_rcu');
  t.same(activityOf(asleep), { kind: 'asleep', in: 'synchronize_rcu' });
  t.same(activityOf(chain('unuse_pte_range', '__x64_sys_swapoff', 'x64_sys_call', 'do_syscall_64')), {
    kind: 'busy',
    in: '__x64_sys_swapoff',
  });
  const preempted = chain(
    '__schedule',
    'preempt_schedule_irq',
    'irqentry_exit',
    'asm_common_interrupt',
    'unuse_pte_range',
    '__x64_sys_swapoff',
  );
  t.same(activityOf(preempted), { kind: 'busy', in: '__x64_sys_swapoff' });
  t.same(activityOf(chain('__schedule', 'schedule', 'irqentry_exit_to_user_mode', 'asm_common_interrupt')), {
    kind: 'user',
  });
  t.same(activityOf(chain()), { kind: 'user' });
});

t.test('an interrupt on top of a chain is not what the thread does', async (t) => {
  const funcs = (...names: string[]): string[] => withoutInterrupt(names.map(place)).map(({ func }) => func);
  t.same(funcs('__schedule', 'irqentry_exit', 'asm_sysvec_apic_timer_interrupt', 'loop', 'asm_exc_page_fault'), [
    'loop',
    'asm_exc_page_fault',
  ]);
  t.same(funcs('a', 'loop', 'asm_exc_page_fault'), ['a', 'loop', 'asm_exc_page_fault']);
});

/** One vCPU that walks a list of addresses. */
function walker(addresses: readonly bigint[], returnsTo: bigint): VcpuControl {
  let at = 0;
  const stack = Buffer.alloc(8);
  stack.writeBigUInt64LE(returnsTo);
  return {
    readRegister: async (_: number, name: string) => (name === 'rsp' ? 0x8000n : (addresses[at] ?? 0n)),
    readMemory: async () => stack,
    step: async () => (at++, { signal: 5, thread: 2 }),
  } as unknown as VcpuControl;
}

t.test('a path is named by function, offset and occurrence, and ends at a return, a sleep or a limit', async (t) => {
  const anchor = 0xffffffff81001000n;
  const dup = 0xffffffff81002000n;
  const signal = new AbortController().signal;
  const limits = { untilReturnOf: ['gone', '__swap_duplicate'], limit: 100 };
  const back = anchor + 8n;
  const returned = await tracePath(
    walker([anchor, anchor + 4n, dup, dup + 4n, back, back], back),
    2,
    symbols,
    limits,
    signal,
  );
  t.equal(returned.end, '__swap_duplicate returned');
  t.same(
    returned.points.map(({ func, offset }) => `${func}+${offset}`),
    ['do_swap_page+0', 'do_swap_page+4', '__swap_duplicate+0', '__swap_duplicate+4'],
  );
  const looped = await tracePath(
    walker([anchor, anchor + 4n, anchor + 4n, anchor, 0xffffffff81005000n], 0n),
    2,
    symbols,
    limits,
    signal,
  );
  t.same(
    looped.points.map(({ offset, occurrence }) => [offset, occurrence]),
    [
      [0, 1],
      [4, 1],
      [0, 2],
    ],
    'a step that goes nowhere does not count',
  );
  t.match(looped.end, 'the thread sleeps after do_swap_page');
  t.match(
    (
      await tracePath(
        walker(
          [0n, 4n, 8n, 12n].map((offset) => anchor + offset),
          0n,
        ),
        2,
        symbols,
        { ...limits, limit: 3 },
        signal,
      )
    ).end,
    '3 instructions',
  );
  await t.rejects(tracePath(walker([anchor], 0n), 2, symbols, limits, AbortSignal.abort(new Error('stop'))), {
    message: 'stop',
  });
});

const READY = JSON.stringify({
  ...{ t: 'ready', control: '0x1000', marksAt: '0x6a0000000000', markBytes: 16, target: '0x7f0000005000' },
  words: [
    ...['magic', 'go', 'of_the_race', 'go_held', 'mode', 'hold_bound_ns', 'contender_errno', 'held_state'],
    ...['held_errno', 'major_faults', 'selftest', 'hold_release'],
  ],
  marks: ['done', 'spin', 'woken', 'hold_begin', 'hold_bound', 'contender_done', 'held_done', 'selftest_done'],
  wrongs: ['wrong pages', 'lost writes'],
});

t.test('the guest program says where everything is, or why it cannot', async (t) => {
  t.equal(parseReadyLine(READY).target, 0x7f0000005000n);
  t.throws(() => parseReadyLine('{"t":"fail","message":"swapon: Device or resource busy"}'), {
    code: 'INTERLEAVE_PROGRAM_FAILED',
    message: /swapon: Device or resource busy/,
  });
  for (const line of ['', 'not json', READY.replace('"go_held"', '"go_hold"'), READY.replace('"woken"', '"waken"')]) {
    t.throws(() => parseReadyLine(line), { code: 'INTERLEAVE_PROGRAM_FAILED' }, line);
  }
});

t.test('the control page is read and written by physical address, word by word', async (t) => {
  const memory = Buffer.alloc(4096);
  memory.write('ecarpaws', 'latin1');
  const vcpus = {
    readMemory: async (_: number, at: bigint, length: number, space: string) => (
      t.equal(space, 'physical'),
      memory.subarray(Number(at) - 0x1000, Number(at) - 0x1000 + length)
    ),
    writeMemory: async (_: number, at: bigint, data: Buffer) => void data.copy(memory, Number(at) - 0x1000),
  } as unknown as VcpuControl;
  const control = new ControlPage(vcpus, parseReadyLine(READY));
  await control.write({ go_held: 1, hold_bound_ns: 20_000_000_000 });
  memory.writeBigUInt64LE(3n, 13 * 8);
  t.match(await control.read(), { go_held: 1, hold_bound_ns: 20_000_000_000, go: 0, wrongs: ['3 lost writes'] });
  t.equal(memory.readBigUInt64LE(3 * 8), 1n, 'where the program says that the word is');
  t.equal(control.markAt(control.addressOf('done')), 'done');
  t.equal(control.markAt(control.addressOf('done') + 1n), null);
  t.equal(control.markAt(0xffffffff81000000n), null);
  memory.fill(0);
  await t.rejects(control.read(), { code: 'CONTROL_PAGE_GONE' });
});
