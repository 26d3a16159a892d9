// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { isPrivate, parseDisassembly } from '../../interleave/disassembly.ts';
import { mergePoints, mergeSummary, privateAddresses } from '../../interleave/merge.ts';
import type { PathPoint, PointOutcome, PointResult, VcpuControl } from '../../model/interleave.ts';

t.test('what only the thread itself can see', async (t) => {
  const hidden = [
    'mov    %rsp,%rbp',
    'mov    $0x10,%eax',
    'mov    -0x30(%rbp),%rax',
    'mov    %rax,0x8(%rsp)',
    'lea    0x10(%rdi,%rax,8),%rcx',
    'push   %rbx',
    'pop    %r12',
    'jne    ffffffff81112345 <f+0x12>',
    'jmp    ffffffff81112345 <f+0x12>',
    'nopw   0x0(%rax,%rax,1)',
    'movzbl %al,%eax',
    'movslq %edi,%rdi',
    'cmovne %rax,%rdx',
    'sete   %al',
    'shl    $0x3,%rax',
    'xchg   %ax,%ax',
    'test   %rax,%rax',
    'shr    %rax',
  ];
  for (const text of hidden) t.equal(isPrivate(text), true, text);
  const visible = [
    'mov    0x10(%rdi),%rax',
    'mov    %gs:0x1234,%rax',
    'mov    %rax,0x1234(%rip)        # ffffffff82000000 <x>',
    'mov    0xffffffff82000000,%eax',
    'mov    0x8(%rsp,%rax,8),%rcx',
    'call   ffffffff81112345 <f>',
    'ret',
    'cli',
    'sti',
    'popf',
    'pushf',
    'iretq',
    'lock incl (%rax)',
    'jmp    *0x10(%rax)',
    'jmp    *%rax',
    'rep stos %rax,%es:(%rdi)',
    'movsq  %ds:(%rsi),%es:(%rdi)',
    'movsb  %ds:(%rsi),%es:(%rdi)',
    'xchg   %rax,(%rdi)',
    'incl   %gs:0x7eef(%rip)',
    'mov    %cr3,%rax',
    'mov    %eax,%ds',
    'wrmsr',
    'pause',
    'mfence',
    'ud2',
    'push   0x10(%rdi)',
    '(bad)',
    '',
  ];
  for (const text of visible) t.equal(isPrivate(text), false, text);
});

const LISTING = `
vmlinux:     file format elf64-x86-64

ffffffff81001000 <f>:
ffffffff81001000:\te8 00 00 00 00       \tcall   ffffffff81001005 <f+0x5>
ffffffff81001005:\t48 89 e5             \tmov    %rsp,%rbp
ffffffff81001008:\t48 8b 07             \tmov    (%rdi),%rax
ffffffff8100100b:\t48 85 c0             \ttest   %rax,%rax
`;

t.test('objdump’s instructions, with their bytes', async (t) => {
  const listing = parseDisassembly(LISTING);
  t.equal(listing.size, 4);
  t.same(listing.get('0xffffffff81001008'), { bytes: '488b07', text: 'mov    (%rdi),%rax' });
});

const point = (index: number): PathPoint => ({
  index,
  address: `0x${(0x1000 + index).toString(16)}`,
  func: 'f',
  offset: index,
  occurrence: 1,
});
const path = Array.from({ length: 12 }, (_, index) => point(index));

t.test('what the running kernel has patched is not private', async (t) => {
  const points = [
    '0xffffffff81001000',
    '0xffffffff81001005',
    '0xffffffff81001008',
    '0xffffffff8100100b',
    '0xffffffff81009999',
  ].map((address, index) => ({ ...point(index), address }));
  const memory = (bytes: Record<string, string>) =>
    ({
      readMemory: async (_: number, at: bigint) => Buffer.from(bytes[at.toString(16)] ?? '', 'hex'),
    }) as unknown as VcpuControl;
  const asked: string[] = [];
  const disassemble = async (func: string) => (asked.push(func), parseDisassembly(LISTING));
  const same = memory({ ffffffff81001005: '4889e5', ffffffff8100100b: '4885c0' });
  t.same(await privateAddresses(points, disassemble, same, 2), new Set(['0xffffffff81001005', '0xffffffff8100100b']));
  const patched = memory({ ffffffff81001005: '4889e5', ffffffff8100100b: '0f1f00' });
  t.same(await privateAddresses(points, disassemble, patched, 2), new Set(['0xffffffff81001005']));
  t.same(asked, ['f', 'f'], 'each function once');
});

t.test('a stretch ends at what others can see; a tenth of the rest is run all the same', async (t) => {
  const visible = new Set(['0x1003', '0x1004']);
  const plan = mergePoints(path, (address) => !visible.has(address), 'seed');
  const first = [0, 4, 5];
  t.equal(Object.keys(plan.represented).length, 9);
  t.equal(plan.represented['f+0x3'], 'f', 'the visible instruction has not been executed at its own point');
  t.equal(plan.represented['f+0xb'], 'f+0x5');
  t.equal(plan.run.length, first.length + 1);
  t.ok(first.every((index) => plan.run.some((run) => run.index === index)));
  t.same(mergePoints(path, (address) => !visible.has(address), 'seed').run, plan.run);
  t.same(mergePoints([point(0), point(2)], () => true, 's').represented, {}, 'no neighbours');
});

t.test('one difference voids the map', async (t) => {
  const plan = mergePoints(path, () => true, 'seed');
  const [first, check] = plan.run as [PathPoint, PathPoint];
  const result = (at: PathPoint, outcome: PointOutcome): PointResult => ({
    point: at,
    hold: 'stall',
    landed: null,
    outcome,
    seen: null,
    elapsedMs: 1,
  });
  const summary = (...results: PointResult[]) => mergeSummary(plan.represented, results);
  const lost = result(check, { kind: 'inconclusive', reason: 'lost' });
  const none = { represented: 10, checked: 0, differences: [] };
  t.same(summary(result(first, { kind: 'ok' }), lost), none, 'what was inconclusive is no check');
  const waited = (where: string): PointOutcome => ({ kind: 'waited', where });
  t.match(summary(result(first, waited('a')), result(check, waited('b'))), { checked: 1, differences: [] });
  const crashed = result(check, { kind: 'oops', signature: 'x', splat: null });
  t.match(summary(result(first, { kind: 'ok' }), crashed), { differences: [/^f\+0x\w+: oops: x; f: ok$/] });
});
