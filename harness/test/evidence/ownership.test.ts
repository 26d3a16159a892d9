// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { LogScan } from '../../evidence/log-scan.ts';
import { scanLog } from '../../evidence/scanner.ts';
import { consoleOf, specimens } from './consoles.ts';

/** Every line with a stamp of its own, a microsecond after the one before. */
const stamped = (text: string, from = 200) =>
  text
    .trim()
    .split('\n')
    .map((line, index) => `[  ${(from + index / 1e6).toFixed(6)}] ${line}`);

const OOPS = stamped(`
BUG: kernel NULL pointer dereference, address: 0000000000000020
#PF: supervisor write access in kernel mode
Oops: 0002 [#1] PREEMPT SMP NOPTI
CPU: 3 PID: 310 Comm: weaver Not tainted 6.1.99 #1
RIP: 0010:loom_pick+0x2a/0x90
Call Trace:
 loom_weave+0x51/0xc0
 loom_ioctl+0x1f2/0x430
 do_syscall_64+0x3b/0x90
 entry_SYSCALL_64_after_hwframe+0x63/0xcd
---[ end trace 0000000000000000 ]---`);
const TITLE = 'BUG: unable to handle kernel NULL pointer dereference in loom_pick';
const FRAMES = ['loom_pick', 'loom_weave', 'loom_ioctl', 'do_syscall_64', 'entry_SYSCALL_64_after_hwframe'];

const ONE_LINERS: readonly [string, string][] = [
  ['BUG: workqueue lockup - pool cpus=2 node=0 flags=0x0 nice=0 stuck for 40s!', 'BUG: workqueue lockup'],
  ['INFO: task spinner:9 blocked for more than 120 seconds.', 'INFO: task hung'],
  ['swap_info_get: Unused swap offset entry 00000456', 'swap_info_get: Unused swap offset entry'],
  ['BUG: Bad rss-counter state mm:00000000deadbeef idx:1 val:3', 'BUG: Bad rss-counter state'],
  ['Out of memory: Killed process 9 (spinner) total-vm:1kB, anon-rss:1kB', 'out of memory'],
  [
    'unregister_netdevice: waiting for lo to become free. Usage count = 2',
    'unregister_netdevice: waiting for DEV to become free',
  ],
];

for (const [line, title] of ONE_LINERS) {
  t.test(`${title}: inside an oops it is a splat of its own`, async (test) => {
    for (const at of [1, 4, 7, 9]) {
      const splats = scanLog(OOPS.toSpliced(at, 0, `[  200.000004] ${line}`).join('\n'));
      test.same(
        splats.map((splat) => splat.title),
        [TITLE, title],
        `before line ${at}`,
      );
      test.same(
        splats[0]?.frames.map(({ func }) => func),
        FRAMES,
      );
      test.same(splats[0]?.damaged, ['interleaved']);
      test.same(splats[1]?.frames, []);
    }
  });
}

t.test('a WARNING in the header of another is a second one', async (test) => {
  const log = stamped(`
WARNING: CPU: 0 PID: 1 at mm/loom.c:10 loom_one+0x1b/0x40
WARNING: CPU: 1 PID: 2 at fs/loom.c:20 loom_two+0x1b/0x40
RIP: 0010:loom_two+0x1b/0x40
Call Trace:
 loom_caller+0x11/0x20
 do_syscall_64+0x3b/0x90
---[ end trace 0000000000000000 ]---`).join('\n');
  const splats = scanLog(log);
  test.same(
    splats.map(({ title, damaged }) => [title, damaged]),
    [
      ['WARNING in loom_one', ['truncated']],
      ['WARNING in loom_two', []],
    ],
  );
});

t.test('headlines alone are as many splats', async (test) => {
  const log = Array.from(
    { length: 10 },
    (_, index) => `WARNING: CPU: 0 PID: ${index} at mm/loom.c:${index + 1} loom_${index}+0x1/0x40`,
  );
  test.equal(scanLog(stamped(log.join('\n')).join('\n')).length, 10);
});

t.test('never fewer splats than headlines, and never none', async (test) => {
  for (const { id, fires } of specimens().filter((specimen) => specimen.id !== 'unexpected-reboot')) {
    const cut = fires.split('\n');
    const [half, middle] = [Math.ceil(cut.length / 2), cut.length > 14 ? Math.floor(cut.length / 2) : cut.length];
    for (const part of [cut, cut.slice(0, half), cut.toSpliced(middle, 1)]) {
      const found = scanLog(`${part.join('\n')}\n${OOPS.join('\n')}`);
      test.ok(found.length >= 2, id);
      test.ok(
        found.some(({ title }) => title === TITLE),
        id,
      );
    }
    const noisy = fires.replace(/\n/g, '\nlogin: \n');
    test.ok(scanLog(noisy).length >= 1, `${id} amid noise`);
  }
});

t.test('two whole reports, one inside the other', async (test) => {
  const inner = stamped(consoleOf('warning').replace(/^\[ *\d+\.\d+\] ?/gm, ''), 200.0000041);
  const splats = scanLog([...OOPS.slice(0, 4), ...inner, ...OOPS.slice(4)].join('\n'));
  test.same(
    splats.map(({ title }) => title),
    [TITLE, 'WARNING in swap_ref_revive'],
  );
  test.same(
    splats[0]?.frames.map(({ func }) => func),
    FRAMES,
  );
});

t.test('a report whose end mark is lost ends with its trace', async (test) => {
  const calm = Array.from(
    { length: 3000 },
    (_, index) => `[  200.${String(index + 500).padStart(6, '0')}] loombus 1-1: ordinary line`,
  );
  const [splat, ...others] = scanLog([...OOPS.slice(0, -1), ...calm].join('\n'));
  test.same(others, []);
  test.match(splat, { title: TITLE, endLine: OOPS.length - 1 });
  test.same(splat?.damaged, ['truncated']);
});

t.test('stalls hours apart are as many', async (test) => {
  const stall = (seconds: number) =>
    `[${seconds.toFixed(6)}] INFO: rcu_sched self-detected stall on CPU { 2} (t=15000 jiffies)`;
  test.equal(scanLog([3000.5, 9000.5, 12000].map(stall).join('\n')).length, 3);
  test.equal(scanLog([3000.5, 3000.6].map(stall).join('\n')).length, 1, 'another CPU notices the same');
});

t.test('who ran out of memory, and not who was killed', async (test) => {
  const log = stamped(`
weaver invoked oom-killer: gfp_mask=0x140cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0
CPU: 7 PID: 310 Comm: weaver Not tainted 6.0.11 #1
Out of memory: Killed process 9 (spinner) total-vm:1kB, anon-rss:1kB`).join('\n');
  test.match(scanLog(log), [{ comm: 'weaver', pid: 310, cpu: 7 }]);
  test.equal(scanLog(`${log}\n${log}`).length, 2, 'two reports are two');
});

t.test('what a bad page map comes from is part of it', async (test) => {
  const log = stamped(`
swap_free: Bad swap file entry 4000000000456
BUG: Bad page map in process weaver  pte:800000 pmd:1234
CPU: 1 PID: 310 Comm: weaver Not tainted 6.1.99 #1
Call Trace:
 print_bad_pte+0x1/0x2
 loom_unmap+0x1/0x2
 do_syscall_64+0x1/0x2`).join('\n');
  const [splat, ...others] = scanLog(log);
  test.same(others, []);
  test.match(splat, { title: 'BUG: Bad page map in loom_unmap', startLine: 0, text: /^swap_free: Bad swap file/ });
  test.same(scanLog(log.split('\n')[0] ?? ''), [], 'by itself it is what a fault that comes too late ought to see');
});

t.test('reboots of a log without stamps', async (test) => {
  const console = (text: string) => `<6>${text}`;
  const boot = console('Linux version 6.1.99 (builder@host)');
  const life = console('loombus 1-1: ordinary line');
  test.same(scanLog([boot, life, life].join('\n')), []);
  test.match(scanLog([boot, life, boot, life].join('\n')), [{ type: 'reboot' }]);
  const order = console('reboot: Restarting system');
  test.same(scanLog([boot, life, order, boot, life].join('\n')), [], 'an order');
});

t.test('a daemon that writes the log is stopped before the kernel: only a death before a boot counts', async (test) => {
  const transports: ((text: string) => string)[] = [
    (text) => `Nov 14 10:11:12 box kernel: ${text}`,
    (text) => `2023-11-14T10:11:12.123456+01:00 box kernel: [    0.000000] ${text}`,
    (text) => JSON.stringify({ __CURSOR: 's=1', _TRANSPORT: 'kernel', MESSAGE: text }),
    (text) => `    MESSAGE=${text}`,
  ];
  for (const through of transports) {
    const boot = through('Linux version 6.1.99 (builder@host)');
    const life = through('loombus 1-1: ordinary line');
    test.same(scanLog([boot, life, boot, life, boot].join('\n')), [], boot);
    test.same(scanLog([life, boot, life].join('\n')), [], 'the log began before');
    const oops = OOPS.map((line) => through(line.replace(/^\[ *[\d.]+\] /, '')));
    for (const died of [oops, oops.slice(0, 6)])
      test.match(scanLog([boot, life, ...died, boot].join('\n')), [{ title: TITLE }, { type: 'reboot' }], boot);
    const calm = Array.from({ length: 60 }, () => life);
    test.match(scanLog([boot, ...oops, ...calm, boot].join('\n')), [{ title: TITLE }], 'it lived on');
    test.equal(scanLog([boot, ...oops, ...calm, boot].join('\n')).length, 1);
  }
  const bare = ['Linux version 6.1.99 (builder@host)', 'loombus 1-1: ordinary line', 'loombus: kernel: a quotation'];
  const stamps = bare.map((text, at) => `[    ${at}.000000] ${text}`);
  test.match(scanLog([...stamps, ...stamps].join('\n')), [{ type: 'reboot' }], 'a console, or two logs of consoles');
});

t.test('the logging daemon and the firmware start before the kernel, and are no boot of their own', async (test) => {
  const at = 'Nov 14 10:11:12 box kernel:';
  const daemon = [`${at} klogd 1.4.1, log source = /proc/kmsg started.`, `${at} Booting Linux on physical CPU 0`];
  test.same(scanLog([...daemon, `${at} Linux version 3.4.99 (builder@host)`].join('\n')), []);
  const firmware = ['rom: 1', '', 'U-Boot SPL 2024.01', '[   0.914] loading', 'U-Boot 2024.01', '[   9.616] Starting'];
  const banner = '[    0.000000] Linux version 6.6.99 (builder@host)';
  test.same(scanLog([...firmware, banner].join('\n')), []);
  const life = '[   60.000000] loombus 1-1: ordinary line';
  test.match(scanLog([life, ...firmware, banner].join('\n')), [{ type: 'reboot' }], 'a kernel ran before');
  const rom = Array.from({ length: 12 }, (_, at) => `DDR channel ${at}: trained`);
  test.same(scanLog([...rom, ...firmware, banner].join('\n')), [], 'a talkative boot ROM');
  const unstamped = [...rom, 'usb 1-1: new high-speed USB device', ...firmware, banner];
  test.match(scanLog(unstamped.join('\n')), [{ type: 'reboot' }], 'a kernel without stamps ran before');
  const reader = [`${at} imklog 5.8.11, log source = /proc/kmsg started.`, `${at} Booting Linux on physical CPU 0`];
  test.same(scanLog([...reader, `${at} Linux version 3.4.99 (builder@host)`].join('\n')), []);
  const symbols = [
    'Inspecting /boot/System.map-2.6.18',
    'Cannot find map file.',
    'Loaded 2345 symbols from 67 modules.',
  ];
  const bare = (texts: readonly string[]) => texts.map((text) => `<6>${text}`).join('\n');
  test.same(scanLog(bare([...symbols, 'Linux version 2.6.18 (builder@host)'])), []);
  test.match(scanLog(bare(['loombus 1-1: up', ...symbols, 'Linux version 2.6.18 (builder@host)'])), [
    { type: 'reboot' },
  ]);
});

t.test('parts of a pstore are read in the order in which they were printed', async (test) => {
  const log = consoleOf('null-deref').split('\n');
  const [old, late] = [log.slice(0, 9), log.slice(9)];
  const newest = ['Oops#1 Part1', ...late, 'Oops#1 Part2', ...old].join('\n');
  const inOrder = scanLog(['', ...old, '', ...late].join('\n'));
  test.equal(inOrder.length, 1);
  test.same(scanLog(newest), inOrder);
  const scan = new LogScan();
  test.same([...scan.push(newest.split('\n')), ...scan.finish()], inOrder);
});

t.test('a headline that the name of a task breaks', async (test) => {
  const [headline = '', ...rest] = consoleOf('hung-task').split('\n');
  const broken = (...parts: string[]) => [...parts.map((part, at) => (at ? `[  100.000000] ${part}` : part)), ...rest];
  const [whole] = scanLog([headline, ...rest].join('\n'));
  const from = headline.replace(/task \S+:(\d+) .*/, 'task lo');
  const to = headline.replace(/.*task \S+:(?=\d+ )/, 'om:');
  test.match(scanLog(broken(from, to).join('\n')), [{ title: whole?.title, comm: 'lo om', startLine: 0 }]);
  test.match(scanLog(broken(from, 'o', to).join('\n')), [{ title: whole?.title, comm: 'lo o om' }]);
  test.same(scanLog('WARNING: loombus: slow link\nloombus 1-1: ordinary line'), [], 'a notice and the line after it');
});

t.test('a headline after a message whose newline was lost', async (test) => {
  const [headline = '', ...rest] = consoleOf('soft-lockup').split('\n');
  const glued = headline.replace(/^\[ *[\d.]+\] ?/, '[    3.000000] loom self-test ');
  const before = stamped(Array.from({ length: 12 }, (_, at) => `loom ${at}: ordinary line`).join('\n'));
  const [whole] = scanLog([headline, ...rest].join('\n'));
  test.match(scanLog([...before, glued, ...rest].join('\n')), [{ title: whole?.title, guilty: whole?.guilty }]);
  const quote = '[    3.000000] loom: last words were "Kernel panic - not syncing: Fatal exception"';
  test.same(scanLog([...before, quote].join('\n')), [], 'a quotation');
});

t.test('a vendor’s mark between the stamp and the message', async (test) => {
  const mark = (at: number) => `${at % 3 === 0 ? 'I' : ' '}[${at % 8}: ${`loom/${at % 4}`.padStart(15)}: ${at % 99}] `;
  const log = ['loom: up', 'loom: link', 'Kernel panic - not syncing: loom gave up', 'Call trace:', ' panic+0x1/0x2'];
  const lines = stamped([...log, ' loom_stop+0x1/0x2', ' el0_svc+0x1/0x2'].join('\n'));
  const marked = lines.map((line, at) => line.replace(/^(\[ *[\d.]+\]) /, `$1 ${mark(at)}`));
  const title = 'kernel panic: loom gave up';
  test.match(scanLog(marked.join('\n')), [{ title, guilty: 'loom_stop' }]);
});

t.test('a paste that is indented is read as if it were not', async (test) => {
  const lines = `
Unable to handle kernel NULL pointer dereference at virtual address 0000000000000018
Internal error: Oops: 0000000096000004 [#1] SMP
pc : loom_pick+0x2a/0x90
Call trace:
 loom_pick+0x2a/0x90
 loom_weave+0x51/0xc0
 el0_svc+0x48/0x160
---[ end trace 0123456789abcdef ]---
Kernel panic - not syncing: Oops: Fatal exception in interrupt
Kernel Offset: 0x2870a7a00000 from 0xffff800008000000
---[ end Kernel panic - not syncing: Oops: Fatal exception in interrupt ]---`
    .trim()
    .split('\n');
  const [whole, ...more] = scanLog(lines.join('\n'));
  test.same(more, []);
  test.match(whole, { title: 'BUG: unable to handle kernel NULL pointer dereference in loom_pick', damaged: [] });
  for (const indent of ['  ', '     ', '\t']) {
    const scan = new LogScan();
    const splats = [...scan.push(lines.map((line) => `${indent}${line}`)), ...scan.finish()];
    test.same(splats, [whole], JSON.stringify(indent));
    test.equal(scan.summary.unread, null, 'the last words of a panic are no headline');
  }
  const after = [
    ...lines,
    'The above was seen on a loom.',
    ...stamped('WARNING: CPU: 0 PID: 1 at mm/loom.c:1 loom_one+0x1/0x2'),
  ];
  test.equal(scanLog(after.map((line) => `    ${line}`).join('\n')).length, 2);
});

t.test('a paste in prose has a prefix that only its own lines show', async (test) => {
  const prose = Array.from({ length: 14 }, (_, at) => `Sentence ${at} says why the loom has to be mended.`);
  const report = consoleOf('inconsistent-lock')
    .split('\n')
    .map((line) => line.replace(/^\[ *[\d.]+\] ?/, ''));
  const [whole] = scanLog([...prose, ...report].join('\n'));
  const scan = new LogScan();
  const splats = [...scan.push([...prose, ...report.map((line) => `| ${line}`)]), ...scan.finish()];
  test.match(splats, [{ type: 'lockdep', title: whole?.title, guilty: whole?.guilty }]);
  test.equal(scan.summary.unread, null);
  const quoted = new LogScan();
  quoted.push([...prose, 'They see BUG: kernel NULL pointer dereference, address: 0000000000000018', ...prose]);
  quoted.finish();
  test.not(quoted.summary.unread, null, 'one line that shows no prefix cannot be read');
});

t.test('levels as words, stamps that lost their bracket, marks of a task', async (test) => {
  const levels = ['ALERT', 'WARN', 'CRIT', 'NOTICE', 'DEBUG'];
  const bare = OOPS.map((line) => line.replace(/^\[ *[\d.]+\] /, ''));
  const forms: readonly string[][] = [
    bare.map((text, at) => `[  200.00000${at % 10}] ${levels[at % 5]}: ${text}`),
    bare.map((text, at) => `  ${levels[at % 5]}: ${text}`),
    OOPS.map((line, at) => (at === 0 ? line.slice(1) : line)),
  ];
  for (const lines of forms) {
    const scan = new LogScan();
    test.match([...scan.push(lines), ...scan.finish()], [{ title: TITLE, frames: FRAMES.map((func) => ({ func })) }]);
    test.equal(scan.summary.unread, null);
  }
  test.match(scanLog('[  200.000000] INFO: task weaver:310 blocked for more than 120 seconds.'), [
    { type: 'hung-task' },
  ]);
  const tagged = (text: string, at: number) => `11-14 10:11:12.${at + 100}  1  1 W        : (${at})[1:loom/0]${text}`;
  const calm = Array.from({ length: 12 }, (_, at) => tagged(`loombus ${at}: ordinary line`, at));
  const marked = '11-14 10:11:12.500  1  1 W (6)[1:loom/0]WARNING: CPU: 6 PID: 1 at mm/loom.c:10 loom_one+0x1b/0x40';
  const scan = new LogScan();
  test.match([...scan.push([...calm, marked, ...calm]), ...scan.finish()], [{ title: 'WARNING in loom_one' }]);
  test.equal(scan.summary.unread, null);
});

t.test('a WARNING that names itself again before its end mark is one', async (test) => {
  const headline = 'WARNING: CPU: 3 PID: 310 at mm/loom.c:28 loom_one+0x4d/0x70';
  const report = `${headline}\nCPU: 3 PID: 310 Comm: weaver Not tainted 5.4.99 #1\nRIP: 0010:loom_one+0x4d/0x70
Call Trace:\n loom_two+0x1/0x2\n kthread+0x1/0x2\n ret_from_fork+0x1/0x2`;
  const log = `------------[ cut here ]------------\n${report}\n${headline}\n---[ end trace 0123456789abcdef ]---`;
  const splats = scanLog(stamped(log).join('\n'));
  test.match(splats, [{ title: 'WARNING in loom_one', damaged: [] }]);
  test.equal(splats.length, 1);
  const twice = `${report}\n------------[ cut here ]------------\n${report}`;
  test.equal(scanLog(stamped(twice).join('\n')).length, 2, 'a second one is announced');
});

t.test('a banner is the kernel’s own', async (test) => {
  const banner = (text: string) => `[    0.000000] ${text}`;
  const life = '[   60.000000] loombus 1-1: ordinary line';
  test.same(scanLog([life, 'Linux version 2.6.17.4 .....'].join('\n')), []);
  test.match(scanLog([life, banner('Linux version 6.1.99-loom+ (builder@host)')].join('\n')), [{ type: 'reboot' }]);
});

t.test('marks of a CPU that are not the same on every line', async (test) => {
  const bare = OOPS.map((line) => line.replace(/^\[ *[\d.]+\] /, ''));
  const signs = [' ', '-', '*', '.'];
  const stamp = (at: number) => `[  200.00000${at % 10}]`;
  const forms: ((text: string, at: number) => string)[] = [
    (text, at) => `<4>${stamp(at)} ${signs[at % 4]}(${at % 8})[310:weaver/${at % 3}]${text}`,
    (text, at) => `${stamp(at)} ${stamp(at)}@${at % 8} ${text}`,
    (text, at) => `11-14 10:11:12.${at + 100}  1  1 W ${at % 3 ? '       : ' : ''}-(${at % 8})[310:weaver]${text}`,
  ];
  const calm = Array.from({ length: 9 }, (_, at) => `loombus ${at}: ordinary line`);
  const frames = FRAMES.map((func) => ({ func }));
  for (const form of forms) test.match(scanLog([...calm, ...bare].map(form).join('\n')), [{ title: TITLE, frames }]);
  const english = stamped('loom(3)[310: a list] of words @3 o clock');
  test.same(scanLog(english.join('\n')), []);
});
