// SPDX-License-Identifier: GPL-2.0-only
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parsePlaces } from '../../evidence/addr2line.ts';
import { parseFrame } from '../../evidence/frames.ts';
import { scanLog } from '../../evidence/scanner.ts';
import { addr2lineSymbolizer } from '../../evidence/symbolize.ts';
import { SymbolTable } from '../../evidence/symbols.ts';
import { runOk } from '../../host/process.ts';
import { HostError } from '../../model/errors.ts';
import type { Frame, Splat } from '../../model/splat.ts';

const signal = new AbortController().signal;

const NM = `
ffffffff81000000 T _stext
ffffffff81000100 t twice
ffffffff81000140 t .L_label
ffffffff81000180 t between
ffffffff81000200 t twice
ffffffff81000220 T alias_a
ffffffff81000220 T alias_b
ffffffff81000260 t thrice
ffffffff81000270 t thrice
ffffffff81000280 D data
ffffffff81000290 T last
`;

t.test('a function is found by name and printed size', async (test) => {
  const symbols = SymbolTable.parse(NM);
  const table: [string, number | null, bigint | null][] = [
    ['between', 0x80, 0xffffffff81000180n],
    ['between', null, 0xffffffff81000180n],
    ['between', 0x90, null],
    ['twice', 0x80, 0xffffffff81000100n],
    ['twice', 0x20, 0xffffffff81000200n],
    ['twice', null, null],
    ['thrice', 0x10, null],
    ['alias_a', 0x40, 0xffffffff81000220n],
    ['data', 0x10, null],
    ['absent', null, null],
  ];
  for (const [name, size, wanted] of table) test.equal(symbols.addressOf(name, size), wanted, `${name} ${size}`);
});

t.test('what addr2line prints', async (test) => {
  const places = parsePlaces(`0xffffffff81000100
spin_lock
/t/src/include/linux/../linux/spinlock.h:351 (discriminator 2)
outer
/t/src/mm/swapfile.c:3314
0xffffffff81000200
??
??:0
0xffffffff81000300
asm_thing
entry_64.S:?
`);
  test.same(places.get(0xffffffff81000100n), [
    { func: 'spin_lock', location: '/t/src/include/linux/spinlock.h:351' },
    { func: 'outer', location: '/t/src/mm/swapfile.c:3314' },
  ]);
  test.same(places.get(0xffffffff81000200n), []);
  test.same(places.get(0xffffffff81000300n), [{ func: 'asm_thing', location: null }]);
});

const MAIN_C = `
volatile int sink;
void swap_reader(int);
void start_kernel(void) { sink = 1; }
int main(void) { start_kernel(); swap_reader(3); return 0; }
`;
const SWAP_C = `
extern volatile int sink;
static inline __attribute__((always_inline)) void lock_it(int x)
{
	sink = x; /* line 5 */
}
static __attribute__((noinline)) void deepest(int x)
{
	lock_it(x);
}
__attribute__((noinline)) void swap_reader(int x)
{
	deepest(x); /* line 13 */
	sink++; /* line 14 */
}
`;

/** An image built the way a kernel is: sources of a tree by absolute path, with line tables. */
async function image(test: Test): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'symbolize-'));
  test.teardown(() => rm(dir, { recursive: true }));
  await runOk('mkdir', ['-p', join(dir, 'tree/init'), join(dir, 'tree/mm')]);
  await writeFile(join(dir, 'tree/init/main.c'), MAIN_C);
  await writeFile(join(dir, 'tree/mm/swap.c'), SWAP_C);
  await runOk('gcc', [
    '-g',
    '-O1',
    '-fno-pie',
    '-no-pie',
    '-fno-optimize-sibling-calls',
    '-o',
    join(dir, 'vmlinux'),
    join(dir, 'tree/init/main.c'),
    join(dir, 'tree/mm/swap.c'),
  ]);
  return join(dir, 'vmlinux');
}

/** Bytes from a function to the next symbol, and from its start to the instruction after its first call. */
async function layout(vmlinux: string, name: string): Promise<{ size: string; afterCall: string; start: bigint }> {
  const listing = (await runOk('nm', ['-n', vmlinux])).stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
  const at = listing.findIndex((row) => row[2] === name);
  const start = BigInt(`0x${listing[at]?.[0]}`);
  const next =
    listing
      .slice(at)
      .map((row) => BigInt(`0x${row[0]}`))
      .find((address) => address > start) ?? start;
  const code = (await runOk('objdump', ['-d', `--disassemble=${name}`, vmlinux])).stdout.split('\n');
  const call = code.findIndex((line) => /\bcall/.test(line));
  const after = BigInt(`0x${/^\s*([0-9a-f]+):/.exec(code[call + 1] ?? '')?.[1] ?? start.toString(16)}`);
  return { size: (next - start).toString(16), afterCall: (after - start).toString(16), start };
}

const frame = (line: string, isIp = false): Frame => {
  const parsed = parseFrame(line);
  if (!parsed) throw new Error(`no frame: ${line}`);
  return { ...parsed, isIp };
};
const splatOf = (...frames: readonly Frame[]): Splat => {
  const [splat] = scanLog('BUG: kernel NULL pointer dereference, address: 0000000000000001');
  if (!splat) throw new Error('no splat');
  return { ...splat, frames };
};

t.test('frames get their lines and the functions inlined there', async (test) => {
  const vmlinux = await image(test);
  const reader = await layout(vmlinux, 'swap_reader');
  const deepest = await layout(vmlinux, 'deepest');
  const [splat] = await addr2lineSymbolizer(vmlinux).symbolize(
    [
      splatOf(
        frame(` deepest+0x0/0x${deepest.size}`, true),
        frame(` swap_reader+0x${reader.afterCall}/0x${reader.size}`),
      ),
    ],
    signal,
  );
  test.match(splat?.frames[1], { location: 'mm/swap.c:13', inlined: [] }, 'a return address is looked up before it');
  test.match(splat?.frames[0]?.location, /^mm\/swap\.c:\d+$/);
  const [all] = await addr2lineSymbolizer(vmlinux).symbolize(
    [
      splatOf(
        ...Array.from({ length: Number(`0x${deepest.size}`) }, (_, at) =>
          frame(` deepest+0x${at.toString(16)}/0x${deepest.size}`, true),
        ),
      ),
    ],
    signal,
  );
  const inlining = all?.frames.find(({ inlined }) => inlined.length > 0);
  test.match(inlining, { location: 'mm/swap.c:9', inlined: [{ func: 'lock_it', location: 'mm/swap.c:5' }] });
});

t.test('what the image does not know stays open', async (test) => {
  const vmlinux = await image(test);
  const { size } = await layout(vmlinux, 'swap_reader');
  const unknown = [
    ` absent+0x1/0x10`,
    ` swap_reader+0x1/0x${size}7`,
    ` swap_reader+0x1/0x${size} [zram]`,
    ` swap_reader+0x0/0x${size}`,
  ].map((line) => frame(line));
  const [splat] = await addr2lineSymbolizer(vmlinux).symbolize([splatOf(...unknown)], signal);
  test.same(splat?.frames, unknown);
  const empty = splatOf();
  test.same(
    await addr2lineSymbolizer('/nowhere/vmlinux').symbolize([empty], signal),
    [empty],
    'nothing to look up, nothing to read',
  );
});

t.test("what is no image is the host's trouble", async (test) => {
  const wanted = splatOf(frame(' swap_reader+0x1/0x10'));
  await test.rejects(addr2lineSymbolizer('/nowhere/vmlinux').symbolize([wanted], signal), HostError);
});

t.test('an interrupted look-up ends', async (test) => {
  const vmlinux = await image(test);
  await test.rejects(
    addr2lineSymbolizer(vmlinux).symbolize([splatOf(frame(' swap_reader+0x1/0x10'))], AbortSignal.abort()),
  );
});
