// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import type { Splat } from '../../model/splat.ts';
import type { ScanEvent } from '../../evidence/scan-event.ts';
import { SplatScanner, scanLog } from '../../evidence/scanner.ts';
import { consoleOf, interleave, specimens, stamped } from './consoles.ts';

const OOPS = consoleOf('null-deref');
const WARNING = consoleOf('warning');
const NULL_TITLE = 'BUG: unable to handle kernel NULL pointer dereference in __swap_duplicate';

const titles = (splats: readonly Splat[]) => splats.map(({ title }) => title);
const lines = (text: string) => text.split('\n');
const ended = (events: readonly ScanEvent[]) =>
  events.flatMap((event) => (event.kind === 'ended' ? [event.splat] : []));
/** Lines of a console in which nothing happens. */
const calm = (count: number, at = 60) =>
  Array.from(
    { length: count },
    (_, index) => `[   ${(at + index / 10).toFixed(6)}] virtio_blk virtio1: request ${index} done`,
  ).join('\n');

t.test('a stream says the same as the whole log', async (test) => {
  const everything = specimens()
    .filter(({ id }) => id !== 'unexpected-reboot')
    .map(({ fires }) => fires);
  const log = everything.flatMap((fires) => [fires, calm(20)]).join('\n');
  const scanner = new SplatScanner();
  const live = [...lines(log).flatMap((line) => ended(scanner.push(line))), ...ended(scanner.finish())];
  test.same(
    live.sort((a, b) => a.startLine - b.startLine),
    scanLog(log),
  );
  test.ok(live.length >= everything.length);
});

t.test('a splat is announced with its first line and reported with its last', async (test) => {
  const scanner = new SplatScanner();
  const [first = '', ...rest] = lines(OOPS);
  test.equal(scanner.pending, 'none');
  test.same(scanner.push(first), [
    { kind: 'started', type: 'null-deref', title: 'BUG: unable to handle kernel NULL pointer dereference', line: 0 },
  ]);
  test.equal(scanner.pending, 'open');
  const end = rest.findIndex((line) => line.includes('end trace'));
  for (const line of rest.slice(0, end)) test.same(scanner.push(line), []);
  test.equal(scanner.pending, 'open');
  scanner.push(rest[end] ?? '');
  test.equal(scanner.pending, 'complete', 'the end mark has come, a panic may follow');
  test.match(ended(scanner.settle()), [{ title: NULL_TITLE, damaged: [] }]);
  test.equal(scanner.pending, 'none');
});

t.test('fields of an oops', async (test) => {
  const [splat] = scanLog(`${calm(3, 1)}\n${OOPS}\n${calm(12)}`);
  test.match(splat, { address: '0000000000000001', cpu: 1, pid: 98, comm: 'swapin', startLine: 3 });
  test.equal(splat?.endLine, 3 + lines(OOPS).length);
  test.match(splat?.frames[0], { func: '__swap_duplicate', offset: 0x5a, size: 0x1b0, isIp: true, reliable: true });
  test.equal(splat?.frames.at(-1)?.func, 'asm_exc_page_fault');
  test.ok(splat?.text.startsWith('BUG: kernel NULL pointer dereference'), "stamps are the transport's");
});

t.test('the panic that an oops leads to is part of it', async (test) => {
  const panic =
    '\n[   14.000000] Kernel panic - not syncing: Fatal exception\n[   14.000100] Kernel Offset: disabled\n[   14.000200] ---[ end Kernel panic - not syncing: Fatal exception ]---';
  const [splat, ...others] = scanLog(OOPS + panic);
  test.same(others, []);
  test.match(splat, { title: NULL_TITLE, damaged: [] });
  test.match(splat?.text, /end Kernel panic/);
  test.equal(splat?.frames[0]?.func, '__swap_duplicate');
});

t.test('a consequent panic is a splat only where nothing came before it', async (test) => {
  const panic =
    '[   99.000000] Kernel panic - not syncing: Fatal exception in interrupt\n[   99.000100] Rebooting in 1 seconds..';
  test.same(titles(scanLog(panic)), ['kernel panic: Fatal exception in interrupt']);
  test.same(titles(scanLog(`${OOPS}\n${calm(30)}\n${panic}`)), [NULL_TITLE]);
  test.same(titles(scanLog(`${WARNING}\n${calm(300)}\n${panic}`)).length, 2, 'long after, its cause is unknown');
  const init = panic.replace('Fatal exception in interrupt', 'Attempted to kill init! exitcode=0x00000100');
  test.same(
    titles(scanLog(`${WARNING}\n${calm(30)}\n${init}`)).at(-1),
    'kernel panic: Attempted to kill init!',
    'init may die by itself',
  );
  test.same(titles(scanLog(`${OOPS}\n${init}`)), [NULL_TITLE], 'or of the oops');
});

t.test('panic_on_warn cuts a WARNING short; it is whole nevertheless', async (test) => {
  const [head = ''] = WARNING.split('---[ end trace');
  const cut = lines(head).slice(0, -1).join('\n');
  const log = `${cut}\n[    3.100000] Kernel panic - not syncing: panic_on_warn set ...\n[    3.100100] CPU: 0 PID: 71 Comm: swapon Not tainted 6.1.192 #1\n[    3.100200] Kernel Offset: disabled\n[    3.100300] ---[ end Kernel panic - not syncing: panic_on_warn set ... ]---`;
  test.match(scanLog(log), [{ title: 'WARNING in swap_ref_revive', damaged: [] }]);
});

t.test('a panic with a reason of its own is a second splat', async (test) => {
  const log = `${WARNING}\n${calm(12)}\n${consoleOf('panic')}`;
  test.match(scanLog(log), [{ type: 'warning' }, { type: 'panic' }]);
});

t.test('a WARNING and an oops after it are two', async (test) => {
  test.match(scanLog(`${WARNING}\n${OOPS}`), [
    { type: 'warning', damaged: [] },
    { type: 'null-deref', damaged: [] },
  ]);
});

t.test('an oops while an oops is printed cuts the first', async (test) => {
  const half = lines(OOPS).slice(0, 20).join('\n');
  test.match(scanLog(`${half}\n${consoleOf('gp-fault')}`), [
    { type: 'null-deref', damaged: ['truncated'] },
    { type: 'gp-fault', guilty: 'shmem_swapin_folio', damaged: [] },
  ]);
});

t.test('caller ids keep two contexts apart', async (test) => {
  const bare = (id: string) => scanLog(consoleOf(id))[0]?.text ?? '';
  const log = interleave(
    stamped(bare('null-deref'), 'T98'),
    stamped(bare('warning'), 'T71'),
    stamped('audit: noise\n'.repeat(40), 'T1'),
  );
  const splats = scanLog(log);
  test.match(splats, [
    { type: 'null-deref', guilty: '__swap_duplicate', damaged: [] },
    { type: 'warning', damaged: [] },
  ]);
  test.notMatch(splats[0]?.text, /audit|WARNING/);
});

t.test('a stall holds what other CPUs print of it', async (test) => {
  const [headline = '', ...rest] = (scanLog(consoleOf('rcu-stall'))[0]?.text ?? '').split(/(?=NMI backtrace)/);
  const log = `${stamped(headline, 'C0')}\n${stamped(rest.join(''), 'T98', 11)}`;
  test.match(scanLog(log), [{ type: 'rcu-stall', guilty: 'swap_cluster_readahead', damaged: [] }]);
});

t.test('an idle CPU in a stall is a witness', async (test) => {
  const idle =
    'NMI backtrace for cpu 0\nCPU: 0 PID: 0 Comm: swapper/0 Not tainted 6.1.192 #1\nRIP: 0010:default_idle+0xb/0x10\nCall Trace:\n <TASK>\n do_idle+0x1f1/0x240\n cpu_startup_entry+0x19/0x20\n </TASK>\n';
  const text = scanLog(consoleOf('rcu-stall'))[0]?.text ?? '';
  test.match(scanLog(text.replace('NMI backtrace for cpu 1', `${idle}NMI backtrace for cpu 1`)), [
    { guilty: 'swap_cluster_readahead' },
  ]);
});

t.test('an interrupt that finds its own CPU stalled is not what stalls', async (test) => {
  const log = `
rcu: INFO: rcu_preempt self-detected stall on CPU
rcu: 	0-....: (2100 ticks this GP) idle=02e/1/0x4000000000000002 softirq=80/80 fqs=1050
CPU: 0 PID: 98 Comm: swapin Not tainted 6.1.192 #1
RIP: 0010:swap_cluster_readahead+0x1a7/0x310
Call Trace:
 <IRQ>
 rcu_sched_clock_irq.cold+0xb1/0x4a2
 update_process_times+0x9c/0xd0
 tick_sched_timer+0x8e/0xa0
 sysvec_apic_timer_interrupt+0x7c/0x90
 </IRQ>
 <TASK>
 asm_sysvec_apic_timer_interrupt+0x1a/0x20
RIP: 0010:swap_cluster_readahead+0x1a7/0x310
 shmem_swapin+0x7d/0xd0
 asm_exc_page_fault+0x22/0x30
 </TASK>`;
  test.match(scanLog(log), [{ title: 'INFO: rcu detected stall in swap_cluster_readahead', damaged: [] }]);
});

t.test('without caller ids a foreign line inside a trace is reported', async (test) => {
  const foreign = OOPS.replace(/(\n.*swapin_readahead)/, '\n[   13.424000] random: crng init done$1');
  test.match(scanLog(foreign), [{ guilty: '__swap_duplicate', damaged: ['interleaved'] }]);
});

t.test('two records on one line: the first was cut', async (test) => {
  const glued = OOPS.replace(/\n(.*do_swap_page)/, '$1');
  const [splat] = scanLog(glued);
  test.match(splat, { title: NULL_TITLE, damaged: ['interleaved'] });
  test.ok(splat?.frames.some(({ func }) => func === 'do_swap_page'));
});

t.test('a headline after a cut line of user space is seen', async (test) => {
  test.match(scanLog(`swaprace login: ${OOPS}`), [{ title: NULL_TITLE, damaged: [] }]);
  test.match(scanLog('kasan: GPF could be caused bygeneral protection fault: 0000 [#1] SMP'), [
    { type: 'gp-fault', damaged: ['truncated'] },
  ]);
});

t.test('what printk lost is reported', async (test) => {
  const lost = OOPS.replace(/\n.*swapcache_prepare.*/, '\n** 25 printk messages dropped **');
  test.match(scanLog(lost), [{ title: NULL_TITLE, damaged: ['lost-lines'] }]);
  const sameLine = OOPS.replace(/\n(.*swapcache_prepare.*)/, '\n** 25 printk messages dropped ** $1');
  test.match(scanLog(sameLine), [{ title: NULL_TITLE, damaged: ['lost-lines'] }]);
});

t.test('a log that ends inside a splat', async (test) => {
  const last = lines(OOPS).findIndex((line) => line.includes('end trace'));
  for (const count of [1, 5, 9, 17, 24, last]) {
    test.match(
      scanLog(lines(OOPS).slice(0, count).join('\n')),
      [{ type: 'null-deref', damaged: ['truncated'] }],
      `after ${count} lines`,
    );
  }
  const middle = OOPS.slice(0, OOPS.indexOf('__read_swap_cache_async') + 9);
  test.match(scanLog(middle), [{ title: NULL_TITLE, damaged: ['truncated'] }], 'in the middle of a line');
});

t.test(
  'a trace without an end mark is whole when something follows, or silence, and it reached its root',
  async (test) => {
    const hung = consoleOf('hung-task');
    const unrooted = lines(hung).slice(0, 12).join('\n');
    test.match(scanLog(hung), [{ damaged: [] }], 'rooted');
    test.match(scanLog(unrooted), [{ damaged: ['truncated'] }], 'cut');
    const scanner = new SplatScanner();
    for (const line of lines(unrooted)) scanner.push(line);
    test.match(ended(scanner.settle()), [{ damaged: [] }], 'quiet');
  },
);

t.test('cut here without what it announced is evidence', async (test) => {
  const scanner = new SplatScanner();
  scanner.push('[    3.000000] ------------[ cut here ]------------');
  test.equal(scanner.pending, 'open');
  test.match(ended(scanner.finish()), [{ title: 'corrupted report', type: 'other', damaged: ['truncated'] }]);
  test.match(scanLog(`[    3.000000] ------------[ cut here ]------------\n${calm(40)}`), [
    { title: 'corrupted report', damaged: ['truncated'] },
  ]);
});

t.test('an end mark without a beginning is evidence', async (test) => {
  test.match(scanLog(`${calm(2)}\n[   70.000000] ---[ end trace 0000000000000000 ]---`), [
    { title: 'corrupted report', damaged: ['truncated'] },
  ]);
  const interrupted = `${lines(OOPS).slice(0, 20).join('\n')}\n${consoleOf('kasan').replaceAll('[  T98]', '')}\n[   15.000000] ---[ end trace 0000000000000000 ]---`;
  test.same(
    titles(scanLog(interrupted)),
    [NULL_TITLE.replace('__swap_duplicate', '__swap_duplicate'), 'KASAN: use-after-free Read in __swap_duplicate'],
    'the cut oops owed it',
  );
});

t.test('an unexpected reboot ends what was open', async (test) => {
  const banner = '[    0.000000] Linux version 6.1.192 (builder@host) (gcc 12.2.0) #1 SMP PREEMPT';
  const half = lines(OOPS).slice(0, 20).join('\n');
  test.match(scanLog([banner, half, banner].join('\n')), [
    { type: 'null-deref', damaged: ['truncated'] },
    { type: 'reboot' },
  ]);
  test.match(scanLog([calm(3), banner].join('\n')), [{ type: 'reboot' }], 'a log that began before the reboot');
});

t.test('a reboot after a panic was asked for', async (test) => {
  const banner = '[    0.000000] Linux version 6.1.192 (builder@host) (gcc 12.2.0) #1 SMP PREEMPT';
  const panic = '[   15.000000] Kernel panic - not syncing: Fatal exception\n[   15.000100] Rebooting in 1 seconds..';
  test.same(titles(scanLog([banner, OOPS, panic, banner, calm(3)].join('\n'))), [NULL_TITLE]);
});

t.test('transports', async (test) => {
  const bare = scanLog(OOPS)[0]?.text ?? '';
  const through = (change: (line: string, index: number) => string) => lines(bare).map(change).join('\n');
  const same = { title: NULL_TITLE, damaged: [] };
  test.match(scanLog(bare), [same], 'no timestamps');
  test.match(scanLog(through((line) => `<4>[   13.402117] ${line}`)), [same], 'levels');
  test.match(scanLog(through((line) => `Nov 22 09:17:01 guest kernel: [   13.402117] ${line}`)), [same], 'syslog');
  test.match(scanLog(through((line) => `2023-11-22T09:17:01.402117+00:00 guest kernel: ${line}`)), [same], 'journal');
  test.match(scanLog(through((line) => `[   13.402117] ${line}\r`)), [same], 'serial line ends');
  test.match(scanLog(through((line) => `\x1b[33m[   13.402117] \x1b[0m\x1b[1m${line}\x1b[0m`)), [same], 'colours');
  test.match(scanLog(through((line) => `[   13.402117][   T98] ${line}`)), [same], 'caller ids');
});

t.test('binary noise is taken out and reported', async (test) => {
  test.match(scanLog(OOPS.replace('Modules linked in:', 'Modules\0 linked in:\x01')), [
    { title: NULL_TITLE, damaged: ['binary'] },
  ]);
  const bytes = Buffer.concat([
    Buffer.from('\0\xff\xfe noise\n', 'latin1'),
    Buffer.from(OOPS),
    Buffer.from([0x0a, 0xc3, 0x28]),
  ]);
  test.match(scanLog(bytes), [{ title: NULL_TITLE, damaged: [] }], 'outside the splat it harms nothing');
  const inside = Buffer.from(OOPS.replace('PGD', '\xff\xfePGD'), 'latin1');
  test.match(scanLog(inside), [{ title: NULL_TITLE, damaged: ['binary'] }]);
});

t.test('a line of megabytes costs no more than as much text in lines', async (test) => {
  const long = `${'x[    1.000000] '.repeat(200_000)}\n${'='.repeat(3_000_000)}\n${' '.repeat(3_000_000)}a\n${OOPS}\n${'A'.repeat(5_000_000)}`;
  test.match(scanLog(long), [{ title: NULL_TITLE }]);
  const line = '[   13.402117] swap: nothing to see here, only that the line is as long as lines are\n';
  const short = line.repeat(long.length / line.length);
  /** Microseconds of the processor: what else the host does counts little. */
  const cost = (text: string): number => {
    const before = process.cpuUsage();
    scanLog(text);
    return process.cpuUsage(before).user;
  };
  const [inOne, inMany] = [cost(long), cost(short)];
  // Whatever looks at a line again from each of its characters takes minutes.
  test.ok(inOne < 4 * inMany, `${inOne} us in one, ${inMany} us in lines`);
});

t.test('a splat without an end is cut at a bound', async (test) => {
  const flood = `${lines(OOPS)[0]}\n${calm(6_000)}`;
  const [splat] = scanLog(flood);
  test.match(splat, { type: 'null-deref', damaged: ['truncated'] });
  test.ok((splat?.endLine ?? 0) < 5_100);
});

t.test('a healthy boot holds no splat', async (test) => {
  test.same(
    scanLog(
      specimens()
        .filter(({ id }) => id !== 'unexpected-reboot')
        .map(({ nearMiss }) => nearMiss)
        .join('\n'),
    ),
    [],
  );
  test.same(scanLog(''), []);
});
