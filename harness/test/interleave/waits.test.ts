// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { parseDisassembly } from '../../interleave/disassembly.ts';
import { takeAway, waitCalls, waitsNamed } from '../../interleave/waits.ts';
import type { VcpuControl } from '../../model/interleave.ts';

const LISTINGS: Record<string, string> = {
  off: [
    'ffffffff81000100 <off>:',
    'ffffffff81000100:\t55                   \tpush   %rbp',
    'ffffffff81000101:\te8 fa 0e 00 00       \tcall   ffffffff81001000 <wait>',
    'ffffffff81000106:\te8 f5 1e 00 00       \tcall   ffffffff81002000 <free>',
    'ffffffff8100010b:\te8 f0 0f 00 00       \tcall   ffffffff81001100 <wait+0x100>',
  ].join('\n'),
  tail: ['ffffffff81000200 <tail>:', 'ffffffff81000200:\te9 fb 0d 00 00       \tjmp    ffffffff81001000 <wait>'].join(
    '\n',
  ),
};
const symbols = {
  addressOf: (name: string) => ({ off: 0xffffffff81000100n, tail: 0xffffffff81000200n })[name] ?? null,
};
const disassemble = async (func: string) => parseDisassembly(LISTINGS[func] ?? '');
const waits = { calls: ['wait'], in: ['off', 'inlined', 'tail'] };

t.test('calls that wait are found by what they call', async (t) => {
  const calls = await waitCalls({ waits }, symbols, disassemble);
  t.same(
    calls.map(({ name }) => name),
    ['wait in off+0x1', 'wait in tail+0x0'],
  );
  t.same(await waitCalls({ waits: null }, symbols, disassemble), []);
  t.throws(() => waitsNamed(calls, ['free in off+0x6']), {
    code: 'NO_SUCH_WAIT',
    hint: /wait in off\+0x1, wait in tail/,
  });
});

/** Memory of a guest that has what the listings say. */
function guest(memory: Record<string, string>) {
  const vcpus = {
    readMemory: async (_thread: number, address: bigint) => Buffer.from(memory[address.toString(16)] ?? '', 'hex'),
    writeMemory: async (_thread: number, address: bigint, data: Uint8Array) =>
      void (memory[address.toString(16)] = Buffer.from(data).toString('hex')),
  };
  return vcpus as unknown as VcpuControl;
}

t.test('a call becomes nothing, one at a function’s end a return', async (t) => {
  const calls = await waitCalls({ waits }, symbols, disassemble);
  const memory = { ffffffff81000101: 'e8fa0e0000', ffffffff81000200: 'e9fb0d0000' };
  await takeAway(guest(memory), 1, calls);
  t.same(memory, { ffffffff81000101: '0f1f440000', ffffffff81000200: 'c390909090' });
});

t.test('what is not the call that the vmlinux has is left alone', async (t) => {
  const calls = await waitCalls({ waits }, symbols, disassemble);
  const memory = { ffffffff81000101: '0f1f440000', ffffffff81000200: 'e9fb0d0000' };
  await t.rejects(takeAway(guest(memory), 1, calls), { code: 'NOT_THE_CALL', message: /0f1f440000/ });
  t.equal(memory.ffffffff81000200, 'e9fb0d0000');
});
