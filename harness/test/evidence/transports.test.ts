// SPDX-License-Identifier: GPL-2.0-only
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { logLines } from '../../evidence/log.ts';
import { LogScan } from '../../evidence/log-scan.ts';
import { scanLog } from '../../evidence/scanner.ts';
import { runOk } from '../../host/process.ts';
import { UsageError } from '../../model/errors.ts';
import type { Splat } from '../../model/splat.ts';
import { specimens } from './consoles.ts';
import { wrap, WRAPPINGS } from './wrappings.ts';

const signal = new AbortController().signal;

const OOPS = `BUG: kernel NULL pointer dereference, address: 0000000000000018
#PF: supervisor read access in kernel mode
Oops: 0000 [#1] PREEMPT SMP NOPTI
CPU: 1 PID: 4242 Comm: made-up Not tainted 6.1.99 #1
RIP: 0010:toy_read_slot+0x2a/0x90
Call Trace:
 <TASK>
 toy_lookup+0x51/0xc0
 toy_ioctl+0x1f2/0x430 [toy]
 do_syscall_64+0x3b/0x90
 entry_SYSCALL_64_after_hwframe+0x63/0xcd
 </TASK>
---[ end trace 0000000000000000 ]---`.split('\n');
const CALM = Array.from({ length: 20 }, (_, index) => `toybus 1-${index}: new device found`);
const TITLE = 'BUG: unable to handle kernel NULL pointer dereference in toy_read_slot';

/** What must not depend on how a splat reached a person. */
const gist = (splats: readonly Splat[]) =>
  splats.map(({ title, type, guilty, frames, cpu, pid, comm, address, damaged, text }) => ({
    title,
    type,
    guilty,
    frames,
    cpu,
    pid,
    comm,
    address,
    damaged,
    text: text.replace(/^[ \t]+/gm, ''),
  }));

t.test('there are as many wrappings as were asked for', async (test) => {
  test.ok(WRAPPINGS.length >= 73);
  test.equal(new Set(WRAPPINGS.map(({ name }) => name)).size, WRAPPINGS.length);
});

for (const wrapping of WRAPPINGS) {
  t.test(`through ${wrapping.name}`, async (test) => {
    const bare = gist(scanLog(OOPS.join('\n')));
    test.equal(bare[0]?.title, TITLE);
    test.same(gist(scanLog(wrap(OOPS, wrapping))), bare, 'alone');
    test.same(gist(scanLog(wrap([...CALM, ...OOPS, ...CALM], wrapping))), bare, 'amid other lines');
    test.same(scanLog(wrap(CALM, wrapping)), [], 'and nothing where nothing is');
  });
}

/** Messages of a specimen without its stamps; those with caller ids or several times in one are left as they are. */
const messages = (fires: string) =>
  fires.split('\n').map((line) => line.replace(/^\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?/, ''));

t.test('every specimen is the same splat under any prefix', async (test) => {
  // A banner is a reboot by what came before it; whose caller ids part the CPUs needs them.
  const chosen = specimens().filter(({ id, fires }) => id !== 'unexpected-reboot' && !/\]\[ *[TC]\d+\]/.test(fires));
  const stamped = WRAPPINGS.find(({ name }) => name === 'printk');
  if (!stamped) throw new Error('no such wrapping');
  for (const [turn, { id, fires }] of chosen.entries()) {
    const lines = [...CALM, ...messages(fires), ...CALM];
    const wanted = gist(scanLog(wrap(lines, stamped)));
    test.equal(wanted.length, 1, id);
    // Each takes its turn of the wrappings, so that all are there and the test stays short.
    const turns = WRAPPINGS.filter((wrapping, index) => wrapping.name !== 'bare' && (index + turn) % 7 === 0);
    const wrong = turns.filter(
      (wrapping) => JSON.stringify(gist(scanLog(wrap(lines, wrapping)))) !== JSON.stringify(wanted),
    );
    test.same(
      wrong.map(({ name }) => name),
      [],
      id,
    );
  }
});

async function scanBytes(bytes: Uint8Array, piece = 1000): Promise<{ splats: Splat[]; scan: LogScan }> {
  async function* pieces() {
    for (let from = 0; from < bytes.length; from += piece) yield bytes.subarray(from, from + piece);
  }
  const scan = new LogScan();
  const splats: Splat[] = [];
  for await (const lines of logLines(pieces(), 'made up', signal)) splats.push(...scan.push(lines));
  splats.push(...scan.finish());
  return { splats, scan };
}

const LOG = [...CALM, ...OOPS, ...CALM]
  .map((text, index) => `[  ${(100 + index / 1e3).toFixed(6)}] ${text}`)
  .join('\n');

t.test('bytes of all kinds', async (test) => {
  const plain = Buffer.from(LOG);
  const utf16 = Buffer.from(`\ufeff${LOG}`, 'utf16le');
  const table: [string, Uint8Array][] = [
    ['plain', plain],
    ['UTF-16, little endian', utf16],
    ['UTF-16, without a mark', Buffer.from(LOG, 'utf16le')],
    ['UTF-16, big endian', Buffer.from(utf16).swap16()],
    ['gzip', gzipSync(plain)],
    ['gzip of UTF-16', gzipSync(utf16)],
  ];
  for (const [name, bytes] of table) {
    for (const piece of [3, 1000, 1e6])
      test.same((await scanBytes(bytes, piece)).splats, scanLog(LOG), `${name} by ${piece}`);
  }
});

t.test('what other programs decompress', async (test) => {
  for (const program of ['xz', 'zstd', 'bzip2']) {
    const installed = await runOk('sh', ['-c', `command -v ${program} || true`]);
    if (installed.stdout === '') continue;
    const { stdout } = await runOk('sh', ['-c', `${program} -c | base64`], { stdin: LOG });
    test.same((await scanBytes(Buffer.from(stdout, 'base64'))).splats, scanLog(LOG), program);
  }
});

t.test('what is no text is refused', async (test) => {
  const noise = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7919) % 256));
  await test.rejects(scanBytes(noise), { constructor: UsageError, code: 'LOG_IS_BINARY' });
  await test.rejects(scanBytes(gzipSync(noise)), { code: 'LOG_IS_BINARY' });
  await test.rejects(scanBytes(gzipSync(Buffer.from(LOG)).subarray(0, 200)), { code: 'LOG_DAMAGED' });
  test.equal((await scanBytes(Buffer.from(`\0\xff\xfe\x01\n${LOG}`, 'latin1'))).splats.length, 1, 'noise of a console');
});

t.test('a headline that cannot be read is reported', async (test) => {
  const odd = [...CALM, 'he said: BUG: kernel NULL pointer dereference, address: 0000000000000018', ...CALM, ...CALM];
  const { splats, scan } = await scanBytes(Buffer.from(odd.join('\n')));
  test.same(splats, []);
  test.match(scan.summary.unread, { line: 20, text: /NULL pointer/ });
  const quoted = LOG.replace('found', 'says BUG: kernel NULL pointer dereference, address: 0000000000000018');
  test.equal((await scanBytes(Buffer.from(quoted))).scan.summary.unread, null, 'a kernel that quotes is read');
});

t.test('what reads as a kernel', async (test) => {
  const reads = async (text: string) => (await scanBytes(Buffer.from(text))).scan.summary.kernel;
  test.equal(await reads(LOG), true);
  test.equal(await reads('usb 1-1: new device\n'), true);
  test.equal(await reads('Dear reader,\nthis is a letter.\n'), false);
  test.equal(await reads(''), false);
});

t.test('splats come in the order of their first lines, as soon as they can', async (test) => {
  const scan = new LogScan();
  const lines = OOPS.map((text, index) => `[  ${(100 + index / 1e3).toFixed(6)}][ T4242] ${text}`);
  const rss = '[  100.002500][   T77] BUG: Bad rss-counter state mm:00000000abcdef01 idx:1 val:3';
  test.same(scan.push([...lines.slice(0, 4), rss]), [], 'the oops that began before is still open');
  test.match(scan.push(lines.slice(4)), []);
  test.match(
    scan.finish().map(({ type }) => type),
    ['null-deref', 'bad-page'],
  );
});

/** Microseconds of the processor: what else the host does counts little. */
async function cost(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

t.test('ordinary lines cost little, however many there are', async (test) => {
  const line = (index: number) =>
    `[${(index / 1e3).toFixed(6).padStart(12)}] virtio_blk virtio1: request ${index} done in time\n`;
  const text = Array.from({ length: 100_000 }, (_, index) => line(index)).join('');
  const bytes = Buffer.from(text);
  const copy = () =>
    new TextDecoder()
      .decode(bytes)
      .split('\n')
      .map((each) => each.toUpperCase()).length;
  await scanBytes(bytes, 65_536);
  const [scanning, copying] = [await cost(() => scanBytes(bytes, 65_536)), await cost(copy)];
  test.ok(scanning < 15 * copying, `${scanning} us to scan, ${copying} us to copy`);
  const before = process.memoryUsage().heapUsed;
  const scan = new LogScan();
  const some = text.split('\n');
  for (let round = 0; round < 30; round++) scan.push(some);
  global.gc?.();
  test.ok(process.memoryUsage().heapUsed - before < 64 * 1024 * 1024, 'three million lines leave nothing in memory');
});

t.test('what ends every line, where the prefix is known', async (test) => {
  const oops = specimens().find(({ id }) => id === 'null-deref');
  const bare = (oops?.fires ?? '').split('\n').map((line) => line.replace(/^\[ *[\d.]+\] ?/, ''));
  const calm = Array.from({ length: 8 }, (_, at) => `loombus 1-1: ordinary line ${at}`);
  const stamp = (lines: readonly string[], end: string) =>
    lines.map((text, at) => `[  100.${String(at).padStart(6, '0')}] ${text}${end}`).join('\n');
  const [whole] = scanLog(stamp([...calm, ...bare], ''));
  for (const end of [' |', '|', '\\', ';', '",', "',", ' (vm0)', ' @box', ' # 7'])
    test.same(scanLog(stamp([...calm, ...bare], end)), [whole], end);
  for (const end of [' |', '\\', ';'])
    test.match(scanLog(stamp(bare, end)), [{ title: whole?.title, frames: whole?.frames }], 'nothing before');
  const modules = bare.map((line) => line.replace(/(\+0x[0-9a-f]+\/0x[0-9a-f]+)$/, '$1 [loom]'));
  const [inModule] = scanLog(stamp([...calm, ...modules], ''));
  test.equal(inModule?.frames[1]?.module, 'loom', 'what only frames end with is theirs');
});
