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
  test.same(titles(log), ['WARNING in loom_spin']);
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
});
