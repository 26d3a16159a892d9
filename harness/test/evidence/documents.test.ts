// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { parseFrames } from '../../evidence/frames.ts';
import { scanLog } from '../../evidence/scanner.ts';

const CPU = 'CPU: 1 PID: 310 Comm: weaver Not tainted 6.1.99 #1';
const titles = (text: string) => scanLog(text).map(({ title }) => title);
const boot = (version = '6.1.99', end = '   42.000000') =>
  `[    0.000000] Linux version ${version} (weaver@box) (gcc 12) #1 SMP
[    0.000000] Machine model: Loom
[    1.200000] loom: found 3 shuttles
[${end}] loom: ready`;
const REBOOT = ['unexpected kernel reboot'];

t.test('mails fold frames, headlines and modules', async (test) => {
  const splats = scanLog(`Hi,
the loom stops:

> BUG: sleeping function called from invalid context at
> kernel/locking/rwsem.c:1526
> in_atomic(): 1, irqs_disabled(): 128, non_block: 0, pid: 310, name: weaver
> ${CPU}
> [<c0110b30>] (unwind_backtrace) from [<c010c618>] (show_stack+0x10/0x14)
> [<c010c618>] (show_stack) from [<c0b65d24>] (dump_stack_lvl+0x58/0x70)
> [<c0b65d24>] (dump_stack_lvl) from [<c0158b04>]
> (__might_resched+0x1c0/0x288)
> [<c0158b04>] (__might_resched) from [<c0b71898>] (down_write+0x24/0x8c)
> [<c0b71898>] (down_write) from [<c030ed64>]
> (loom_pick+0x6c/0x370)

What can I do?`);
  test.match(splats, [
    { type: 'atomic-sleep', title: 'BUG: sleeping function called from invalid context in loom_pick' },
  ]);
  test.match(parseFrames(' loom_pick+0x4c/0x110 [loom'), [{ func: 'loom_pick', module: 'loom' }]);
  test.match(parseFrames('([<00000000b8e2a1f0>] loom_weave+0x2a/0x90)'), [{ reliable: false }]);
});

t.test('traces without offsets', async (test) => {
  const trace = `WARNING: CPU: 1 PID: 310 at fs/loom.c:229 loom_put
Modules linked in: loom
${CPU}
pc : loom_put
lr : loom_drop
Call trace:
 loom_put
 loom_drop
 __arm64_sys_mount
 el0t_64_sync
---[ end trace 0000000000000000 ]---
Unable to handle kernel paging request at virtual address dfff800000000001
${CPU}
pc : loom_pick
Call trace:
 loom_pick
 loom_weave
---[ end trace 0000000000000000 ]---`.replace(/^/gm, ' ');
  test.match(scanLog(trace), [
    { title: 'WARNING in loom_put', frames: [{}, { func: 'loom_drop' }, { func: '__arm64_sys_mount' }] },
    { title: 'BUG: unable to handle kernel paging request in loom_pick' },
  ]);
  for (const word of [' Modules', ' ready', 'loom_pick']) test.same(parseFrames(word), [], word);
});

t.test('a headline once for what was inlined and once for what it is in', async (test) => {
  const log = `> ------------[ cut here ]------------
> WARNING: CPU: 1 PID: 310 at fs/loom.c:611 loom_spin fs/loom.c:611 [inline]
> WARNING: CPU: 1 PID: 310 at fs/loom.c:611 loom_pick+0x1470/0x1880 fs/loom.c:720
> ${CPU}
> RIP: 0010:loom_spin fs/loom.c:611 [inline]
> RIP: 0010:loom_pick+0x1470/0x1880 fs/loom.c:720
> Call Trace:
>  vfs_write+0x981/0xda0 fs/read_write.c:584
>  entry_SYSCALL_64_after_hwframe+0x63/0xcd`;
  test.same(titles(log), ['WARNING in loom_pick']);
  const kmsan = `BUG: KMSAN: uninit-value in loom_spin fs/loom.c:187 [inline]
BUG: KMSAN: uninit-value in loom_pick+0x12da/0x1780 fs/loom.c:249
${CPU}
Call Trace:
 loom_weave+0x51/0xc0 fs/loom.c:300`;
  test.same(titles(kmsan), ['KMSAN: uninit-value in loom_pick']);
});

t.test('checks of control flow are not guilty', async (test) => {
  const log = `CFI failure (target: loom_show+0x0/0x8):
WARNING: CPU: 3 PID: 310 at kernel/cfi.c:29 __cfi_check_fail+0x33/0x40
${CPU}
RIP: 0010:__cfi_check_fail+0x33/0x40
Call Trace:
 __cfi_check+0x45/0x4b
 loom_read+0x73/0x80
 entry_SYSCALL_64_after_hwframe+0x63/0xcd
---[ end trace 0000000000000000 ]---`.replace(/^/gm, '[   17.352564] ');
  test.same(titles(log), ['CFI failure in loom_read']);
});

t.test('facilities and levels in words', async (test) => {
  const log = `    2023-03-03T03:16:12.423378  kern  :alert : Unable to handle kernel paging request at virtual address 3f963cd8
    2023-03-03T03:16:12.568629  <8><LAVA_SIGNAL_TESTCASE TEST_CASE_ID=alert RESULT=fail>`;
  test.same(titles(`* baseline.dmesg.alert: https://loom.example/632b\n1 lines\n\n${log}`), [
    'BUG: unable to handle kernel paging request',
  ]);
});

t.test('documents that hold two boots', async (test) => {
  const [one, two] = [boot(), boot('6.2.0')];
  test.same(titles(`${one}\n${two}`), REBOOT);
  for (const between of [
    '$ dmesg',
    'root@box:~# sudo dmesg | head -20',
    '```',
    'box$ qemu-system-riscv32 -M virt -kernel Image -nographic\n\nQEMU emulator version 6.2.50\nOpenSBI v0.9',
    '[   42.010000] printk: legacy bootconsole [uart0] disabled',
  ])
    test.same(titles(`${one}\n${between}\n${two}`), [], between);
  test.same(titles(`${one}\nbox# modprobe loom\n${two}`), REBOOT);
  test.same(titles(`Linux version 6.1.99 (weaver@box) (gcc 12) #1 SMP\nCores: 4\n\n${one}`), []);
  test.same(titles(`qemu-system-x86_64 -kernel Image\n${one}\n${two}`), REBOOT, 'the start was ordered, not this');
});

t.test('firmware that talks as the kernel does', async (test) => {
  const firmware = 'NOTICE:  Booting Trusted Firmware\nNOTICE:  BL1: v1.4\n\nU-Boot 2017.07 (Feb 27 2019 - 20:15:07)';
  test.same(titles(`${firmware}\n${boot()}`), []);
  test.same(titles(`[0003.456] I> Loading kernel\n\nU-Boot 2018.03 (Apr 24 2018 - 18:24:42)\n${boot()}`), []);
});

t.test('headlines that are spoken of', async (test) => {
  for (const text of [
    '[   12.000000] loom: no shuttle -> kernel BUG at fs/loom.c:12!',
    '[   12.000000] loom: the fix for the BUG: KASAN: use-after-free in loom_pick is in',
  ])
    test.same(titles(`${boot()}\n${text}`), [], text);
  const lost =
    '[   12.000000] loom: no shuttkernel BUG at fs/loom.c:12!\n[   12.000001] loom: BUG: soft lockup - CPU#0 stuck for 23s!';
  test.match(titles(`${boot()}\n${lost}`), ['BUG: soft lockup'], 'a newline was lost');
});

t.test('a task and a level in words after the stamp', async (test) => {
  const log = `BUG: kernel NULL pointer dereference, address: 0000000000000018
${CPU}
RIP: 0010:loom_pick+0x2a/0x90
Call Trace:
 loom_weave+0x51/0xc0
 do_syscall_64+0x3b/0x90`.replace(/^/gm, '[  100.000000] init: (1) ERROR: ');
  test.same(titles(log), ['BUG: unable to handle kernel NULL pointer dereference in loom_pick']);
});

t.test('headlines that a mail folded', async (test) => {
  const rest = `${CPU}\nRIP: 0010:loom_pick+0x2a/0x90\nCall Trace:\n loom_weave+0x51/0xc0`;
  const NULL_TITLE = 'BUG: unable to handle kernel NULL pointer dereference in loom_pick';
  const PAGING_TITLE = 'BUG: unable to handle kernel paging request in loom_pick';
  const table: [string, string][] = [
    ['[   35.502102] BUG: kernel NULL\npointer dereference, address: 000000c8', NULL_TITLE],
    [
      '[   35.502102] Oops: general protection fault, probably for non-\ncanonical address 0xdead000000000122: 0000 [#1]',
      'general protection fault in loom_pick',
    ],
    ['[   35.502102] BUG: Unable to handle kernel data access at\n0x6800000005a01500', PAGING_TITLE],
    ['[   35.502102] BUG: Unable to handle kernel instruction fetch (NULL pointer?)', PAGING_TITLE],
    [
      '[   35.502102] CPU 3 Unable to handle kernel paging request at virtual\naddress c06b1444, epc == c06b1444',
      PAGING_TITLE,
    ],
    ['> Unable to handle kernel NULL pointer dereference at virtual address\n> 00000000000003e8', NULL_TITLE],
    [
      '[   35.502102] general protection fault, probably for non-canonical\naddress 0xdead000000000122: 0000 [#1] SMP',
      'general protection fault in loom_pick',
    ],
    [
      'Oops: general protection fault, probably for non-canonical address 0xdead000000000122',
      'general protection fault in loom_pick',
    ],
  ];
  for (const [headline, title] of table) {
    const mark = headline.startsWith('>') ? '> ' : headline.startsWith('[') ? '[   35.502102] ' : '';
    test.same(titles(`It says:\n\n${headline}\n${rest.replace(/^/gm, mark)}`), [title], headline);
  }
  const place = 'fs/loom.c:1278';
  const warning = `WARNING: ${place} at loom_pick+0x48a/0x840 ${place}, CPU#1: weaver/310`;
  test.same(titles(`------------[ cut here ]------------\n${warning}\n${CPU}`), ['WARNING in loom_pick']);
});

t.test('a version that a report quotes is no boot', async (test) => {
  const quoted = 'Linux version 6.1.99(gcc (GCC) 15.1.1, GNU ld 2.45.0)\n#1 SMP PREEMPT_DYNAMIC';
  const form = `[1.] One line: oops\n[4.1.] Kernel version (from /proc/version):\nLinux version 6.1.99 (weaver@box) (gcc)`;
  test.same(titles(`${form}\n[4.2.] Kernel .config: attached`), []);
  test.same(titles(`[ 2499.862128] loom: ready\n\nThe machine:\n${quoted}`), []);
});

t.test('names by themselves are frames in a trace of such only', async (test) => {
  const stall = `watchdog: BUG: soft lockup - CPU#6 stuck for 26s! [weaver:310]
${CPU}
RIP: 0010:native_queued_spin_lock_slowpath+0x44/0x190
 loom_md4
Call Trace:
 _raw_spin_lock+0x2a/0x30
 loom_arc4
 loom_pick+0x51/0xc0
 entry_SYSCALL_64_after_hwframe+0x63/0xcd`.replace(/^/gm, '[  130.698396] ');
  test.same(
    scanLog(stall)[0]?.frames.map(({ func }) => func),
    ['native_queued_spin_lock_slowpath', '_raw_spin_lock', 'loom_pick', 'entry_SYSCALL_64_after_hwframe'],
  );
});

t.test('blanks that are none', async (test) => {
  const log = `>>> [   16.699259] ------------[ cut here ]------------
>>> [   16.703855] WARNING: CPU: 0 PID: 310 at
>>> fs/loom.c:499 loom_pick+0xc0/0xf0
>>> [   16.712082] Modules linked in:`.replaceAll('   ', '\u00a0\u00a0 ');
  test.same(titles(`Hi,\n\nit warns:\n\n${log}`), ['WARNING in loom_pick']);
});

t.test('a log below an excerpt is its own', async (test) => {
  const excerpt = `[   11.336954] BUG: scheduling while atomic: weaver/310/0x00000002\n[   11.350953] ${CPU}`;
  const words = Array.from({ length: 20 }, (_, at) => `Sentence ${at} of the mail.`).join('\n');
  test.same(titles(`${words}\n\n${excerpt}\n\n\nA. Weaver\n\n${boot()}`), ['BUG: scheduling while atomic']);
});

t.test('what a mail quotes, a terminal breaks', async (test) => {
  const hung = `> > [Wed Nov  1 08:03:54 2023] INFO: task weaver/u16:5:310 blocked
> > for more than 122 seconds.
> > [Wed Nov  1 08:03:55 2023] Call Trace:
> > [Wed Nov  1 08:03:55 2023]  schedule+0x63/0x110
> > [Wed Nov  1 08:03:55 2023]  loom_pick+0x33f/0x350 [loom]
> > [Wed Nov  1 08:03:55 2023]  ret_from_fork+0x2c/0x50`;
  test.same(titles(`It hangs:\n\n${hung}`), ['INFO: task hung in loom_pick']);
  const broken = `[   20.557977] WARNING: CPU: 2 PID: 310 at ./include/linux/loom.h:585 set
up_loom+0x394/0x3a8 [loom]
[   20.557980] Modules linked in: loom(+)`;
  test.same(titles(broken), ['WARNING in setup_loom']);
});

t.test('a headline without its trace is all there is, be its function a helper', async (test) => {
  const cut =
    'WARNING: CPU: 2 PID: 1056 at arch/powerpc/mm/fault.c:377 __do_page_fault+0x310/0xc20\nModules linked in: loom\n';
  test.match(scanLog(cut), [{ title: 'WARNING in __do_page_fault', guilty: '__do_page_fault' }]);
});
