// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { parseFrames } from '../../evidence/frames.ts';
import { isHelper } from '../../evidence/helpers.ts';
import { scanLog } from '../../evidence/scanner.ts';

const stamped = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line, index) => `[  200.${String(index).padStart(6, '0')}] ${line}`)
    .join('\n');
const only = (text: string) => {
  const splats = scanLog(stamped(text));
  if (splats.length !== 1 || !splats[0]) throw new Error(`${splats.length} splats`);
  return splats[0];
};
const trace = (...funcs: readonly string[]) => `Call Trace:\n${funcs.map((func) => ` ${func}+0x11/0x90`).join('\n')}`;
const CPU = 'CPU: 1 PID: 310 Comm: weaver Not tainted 6.1.99 #1';
const NULL_TITLE = 'BUG: unable to handle kernel NULL pointer dereference in loom_pick';

t.test('English is no frame', async (test) => {
  const log = `${stamped(`Kernel panic - not syncing: loom gave up\n${CPU}`)}\nBooting from Hard Disk 0...\nMessage from syslogd@box`;
  test.match(scanLog(log), [{ guilty: null, frames: [] }]);
  for (const line of ['Booting from Hard Disk 0...', 'Message from syslogd@box at 10:11', 'a word (of prose)'])
    test.same(parseFrames(line), []);
});

t.test('WARNING: at, to 3.10 and on other machines', async (test) => {
  const text = `WARNING: at mm/loom.c:512 loom_put+0x7b/0x90()\n${trace('loom_put', 'loom_exit', 'system_call_fastpath')}\n---[ end trace 0000000000000000 ]---`;
  test.match(only(text), { title: 'WARNING in loom_put', damaged: [] });
  test.same(only(text).damaged, []);
  test.equal(only(text.replace(' loom_put+0x7b/0x90()', '')).guilty, 'loom_put', 'from the trace');
  test.same(only(text.replace(/Call Trace:[^]*\n(?=---)/, '')).damaged, ['truncated'], 'an end mark without a trace');
});

t.test('through scripts/decode_stacktrace.sh', async (test) => {
  const splat = only(`
BUG: KASAN: slab-use-after-free in loom_pick (fs/loom/pick.c:28)
Read of size 8 at addr ffff888104a5c018 by task weaver/310
Call Trace:
kasan_report (mm/kasan/report.c:590)
loom_pick (fs/loom/pick.c:28)
loom_ioctl (include/linux/loom.h:3 (discriminator 2) fs/loom/ioctl.c:12) loom
entry_SYSCALL_64_after_hwframe (arch/x86/entry/entry_64.S:130)`);
  test.equal(splat.title, 'KASAN: slab-use-after-free Read in loom_pick');
  test.match(splat.frames[1], { func: 'loom_pick', location: 'fs/loom/pick.c:28', offset: null });
  test.match(splat.frames[2], { func: 'loom_ioctl', location: 'fs/loom/ioctl.c:12', module: 'loom' });
  test.equal(splat.frames.length, 4);
  const oops = only(
    `BUG: kernel NULL pointer dereference, address: 0000000000000018\n${CPU}\nRIP: 0010:loom_pick (fs/loom/pick.c:28)`,
  );
  test.match(oops, { title: NULL_TITLE });
  test.same(oops.damaged, ['truncated']);
});

t.test('other machines', async (test) => {
  const table: [string, string][] = [
    [
      'MIPS',
      'CPU 0 Unable to handle kernel paging request at virtual address 00000018, epc == 8011a2b0, ra == 8011a2f4\nOops[#1]:\nepc   : 8011a2b0 loom_pick+0x20/0x60\nCall Trace:\n[<8011a2b0>] loom_pick+0x20/0x60\n[<8011a2f4>] loom_weave+0x34/0x80',
    ],
    [
      'LoongArch',
      'CPU 1 Unable to handle kernel paging request at virtual address 0000000000000018, era == 9000000000222944, ra == 9000000000222900\nOops[#1]:\n   ra: 9000000000222900 loom_weave+0x34/0x80\n  ERA: 9000000000222944 loom_pick+0x20/0x60\nCall Trace:\n[<9000000000222944>] loom_pick+0x20/0x60\n[<9000000000222900>] loom_weave+0x34/0x80',
    ],
    [
      's390',
      'Unable to handle kernel pointer dereference in virtual kernel address space\nFailing address: 0000000000000000 TEID: 0000000000000483\nOops: 0004 ilc:3 [#1] PREEMPT SMP\nKrnl PSW : 0704e00180000000 00000000b8e2a1f6 (loom_pick+0x2a/0x90)\nCall Trace:\n [<00000000b8e2a1f6>] loom_pick+0x2a/0x90\n([<00000000b8e2a1f0>] loom_weave+0x2a/0x90)',
    ],
    [
      'ppc64',
      'BUG: Kernel NULL pointer dereference on read at 0x00000018\nFaulting instruction address: 0xc0000000003a1234\nOops: Kernel access of bad area, sig: 11 [#1]\nNIP [c0000000003a1234] loom_pick+0x2c/0x90\nLR [c0000000003a1200] loom_weave+0x34/0x80\nCall Trace:\n[c0000001fa1b3a10] [c0000000003a1234] .loom_noise+0x2c/0x90 (unreliable)\n[c0000001fa1b3a80] [c0000000003a1200] .loom_weave+0x34/0x80',
    ],
    [
      'RISC-V',
      'Unable to handle kernel NULL pointer dereference at virtual address 0000000000000018\nOops [#1]\nepc : loom_pick+0x20/0x60\n ra : loom_weave+0x34/0x80\n[<ffffffff80201234>] loom_pick+0x20/0x60\n[<ffffffff80201300>] loom_weave+0x34/0x80',
    ],
    [
      'arm',
      'Unable to handle kernel NULL pointer dereference at virtual address 00000018\nInternal error: Oops: 5 [#1] SMP ARM\nPC is at loom_pick+0x20/0x60\n[<c02f5000>] (loom_pick+0x20/0x60) from [<bf054120>] (loom_weave+0x18/0xdc [loom])',
    ],
  ];
  for (const [machine, text] of table) {
    const splat = only(`${text}\n---[ end trace 0000000000000000 ]---`);
    test.equal(splat.title, NULL_TITLE, machine);
    test.same(splat.damaged, [], machine);
    test.ok(
      splat.frames.some(({ func }) => func === 'loom_weave'),
      machine,
    );
  }
  test.equal(
    parseFrames('[c0000001fa1b3a10] [c0000000003a1234] .loom_noise+0x2c/0x90 (unreliable)')[0]?.reliable,
    false,
  );
  test.equal(parseFrames('([<00000000b8e2a1f0>] loom_weave+0x2a/0x90)')[0]?.reliable, false);
});

t.test('the last caller on 32-bit Arm', async (test) => {
  const splat = only(
    'BUG: Bad page map in process weaver  pte:800000 pmd:1234\n[<8055>] (dump_stack) from [<8011>] (print_bad_pte+0x130/0x1a8)\n[<8011>] (print_bad_pte) from [<8011>] (loom_unmap+0x3a8/0x6b4)',
  );
  test.same(
    splat.frames.map(({ func }) => func),
    ['dump_stack', 'print_bad_pte', 'loom_unmap'],
  );
  test.equal(splat.guilty, 'loom_unmap');
});

t.test('who it was', async (test) => {
  const comm = (header: string) => only(`BUG: Bad page state in process weaver  pfn:104a5\n${header}`).comm;
  test.equal(comm('CPU: 1 PID: 310 Comm: weaver Kdump: loaded Not tainted 6.1.99 #1'), 'weaver');
  const old = only(`Kernel panic - not syncing: loom gave up\nPid: 310, comm: weaver Not tainted 2.6.32 #1`);
  test.match(old, { comm: 'weaver', pid: 310 });
});

t.test('the end of a stall is not what was interrupted', async (test) => {
  const lockup =
    'watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [victim:77]\nCPU: 0 PID: 77 Comm: victim Not tainted 6.1.99 #1';
  const softirq =
    ' <IRQ>\n loom_timer_fn+0x31/0x60\n call_timer_fn+0x27/0x130\n run_timer_softirq+0x4c/0x70\n __do_softirq+0xd3/0x2e0\n </IRQ>\n <TASK>\n asm_sysvec_apic_timer_interrupt+0x16/0x20\nRIP: 0010:innocent_loop+0x11/0x30\n innocent_read+0x51/0x80\n do_syscall_64+0x3b/0x90';
  const splat = only(`${lockup}\nRIP: 0010:loom_timer_spin+0x1b/0x40\nCall Trace:\n${softirq}`);
  test.equal(splat.title, 'BUG: soft lockup in loom_timer_spin');
  test.equal(splat.frames[0]?.func, 'loom_timer_spin');
  const rcu = only(
    `rcu: INFO: rcu_sched self-detected stall on CPU\nCPU: 0 PID: 77 Comm: victim Not tainted 6.1.99 #1\nCall Trace:\n <IRQ>\n dump_stack+0x1/0x20\n rcu_dump_cpu_stacks+0x1/0x20\n rcu_sched_clock_irq+0x1/0x20\n update_process_times+0x1/0x20\n apic_timer_interrupt+0x1/0x20\nRIP: 0010:loom_timer_spin+0x1b/0x40\n${softirq.replace(' <IRQ>\n', '')}`,
  );
  test.equal(rcu.title, 'INFO: rcu detected stall in loom_timer_spin');
});

t.test('what is passed over, and what is not', async (test) => {
  const page = (...funcs: readonly string[]) =>
    only(`BUG: Bad page state in process weaver  pfn:104a5\n${CPU}\n${trace(...funcs)}`).guilty;
  test.equal(
    page('bad_page.cold', 'free_page_is_bad_report', 'free_pcp_prepare', 'loom_drop', 'do_syscall_64'),
    'loom_drop',
  );
  const kasan = only(
    `BUG: KASAN: slab-out-of-bounds in kmalloc_loom_fill+0x6b/0x90 [loom]\nWrite of size 8 at addr ffff888104a5c018 by task weaver/310\nCall Trace:\n kasan_report+0x1/0x2\n kmalloc_loom_fill+0x6b/0x90 [loom]\n kthread+0x1/0x2`,
  );
  test.equal(kasan.guilty, 'kmalloc_loom_fill');
  const kvm = only(
    `watchdog: BUG: soft lockup - CPU#0 stuck for 26s! [victim:77]\n${CPU}\nRIP: 0010:kvm_mmu_zap_all+0x5b/0x140\n${trace('kvm_vm_release', '__fput')}`,
  );
  test.equal(kvm.guilty, 'kvm_mmu_zap_all');
  const hung = only(
    `INFO: task tty:77 blocked for more than 120 seconds.\n      Not tainted 6.1.99 #1\ntask:tty state:D stack:0 pid:77\n${trace('__schedule', 'schedule', 'down', 'console_lock', 'console_device', 'tty_open', 'do_syscall_64')}`,
  );
  test.equal(hung.guilty, 'console_device');
  const helpers = [
    'debug_lockdep_rcu_enabled',
    'rcu_preempt_sleep_check',
    'mark_irqflags',
    'irqentry_exit',
    'retint_kernel',
    'trace_hardirqs_on_thunk',
    'finish_task_switch',
    'dev_vprintk_emit',
    'alloc_page_interleave',
    '__alloc_skb',
    'pcpu_create_chunk',
    'is_bpf_text_address',
    'is_ftrace_trampoline',
    'deref_stack_reg',
    'quarantine_reduce',
    '_sched_show_task',
    'sched_show_task',
    'rust_helper_BUG',
    '__bad_stack',
    'bad_mode',
    'ldsem_down_read',
    '_atomic_dec_and_lock',
    '__raw_readl',
    '__reiserfs_panic',
    'do_trap_break',
    'dump_backtrace_log_lvl',
    '__pfx_loom_pick',
    'free_page_is_bad_report',
    'dump_stack',
    'print_bad_pte',
    'memcpy',
    '__lock_acquire',
  ];
  for (const func of helpers) test.ok(isHelper(func, 'fault'), func);
  for (const func of ['kvm_mmu_zap_all', 'console_device', 'kmalloc_loom_fill', 'loom_alloc_pages', 'timer_of_init'])
    for (const passing of ['fault', 'stall', 'sleep'] as const) test.notOk(isHelper(func, passing), func);
});

t.test('a reporter alone is no culprit', async (test) => {
  test.match(
    only(`BUG: Bad page map in process weaver  pte:800000 pmd:1234\n${trace('dump_stack', 'print_bad_pte')}`),
    { title: 'BUG: Bad page map', guilty: null },
  );
  test.equal(only('kernel BUG at mm/loom.c:12!').title, 'kernel BUG');
});

t.test('lockdep whose "stack backtrace:" is lost', async (test) => {
  const splat = only(
    `WARNING: possible circular locking dependency detected\nweaver/310 is trying to acquire lock:\nffffffff82a3c0d8 (&a){+.+.}-{3:3}, at: mutex_lock_nested+0x22/0x90\n${CPU}\n${trace('dump_stack_lvl', 'mutex_lock_nested', 'loom_take', 'do_syscall_64')}`,
  );
  test.match(splat, { title: 'possible deadlock in loom_take', guilty: 'loom_take' });
});

t.test('newer and older words', async (test) => {
  const oops = `Oops: Oops: 0000 [#1] SMP NOPTI\n${CPU}\nRIP: 0010:loom_pick+0x2a/0x90\n${trace('loom_weave', 'do_syscall_64')}\n---[ end trace 0000000000000000 ]---`;
  test.match(only(oops), { type: 'page-fault', guilty: 'loom_pick' });
  const kasan = only(
    `BUG: KASan: use after free in loom+0x2c9/0x340 [loom] at addr ffff8800\nRead of size 8 by task weaver/310`,
  );
  test.match(kasan, { type: 'kasan', title: 'KASAN: use after free Read in loom', address: 'ffff8800' });
  test.match(only("Bad page state in process 'weaver'"), { type: 'bad-page', comm: 'weaver' });
});

t.test('what only looks like a report', async (test) => {
  test.same(
    scanLog(stamped('BUG: Bad page map: 31 messages suppressed\nBUG: Bad page state: 12 messages suppressed')),
    [],
  );
  test.match(scanLog(stamped(`loom: BUG: see README\n${trace('loom_weave')}`)), [{ guilty: null, frames: [] }]);
});

t.test('a hard lockup that old kernels print as a WARNING is one splat', async (test) => {
  const log = `
WARNING: at kernel/watchdog.c:245 watchdog_overflow_callback+0x9a/0xc0()
Hardware name: Loom
Watchdog detected hard LOCKUP on cpu 0
Pid: 77, comm: made-up Not tainted 3.8.99 #1
Call Trace:
 <NMI>  [<ffffffff810e7f4a>] ? watchdog_overflow_callback+0x9a/0xc0
 [<ffffffff8105e61f>] warn_slowpath_common+0x7f/0xc0
 [<ffffffff810e7f4a>] watchdog_overflow_callback+0x9a/0xc0
 [<ffffffff8165b0f3>] nmi+0x1e/0x2e
 <<EOE>>  [<ffffffff811a0000>] loom_spin+0x10/0x20
 [<ffffffff8165a0f3>] system_call_fastpath+0x16/0x1b
---[ end trace 0000000000000000 ]---`;
  test.match(scanLog(log), [{ type: 'hard-lockup', title: 'BUG: hard lockup in loom_spin' }]);
  const [first = '', message = '', ...rest] = log.trim().split('\n');
  const swapped = [message, first.replace(/ watchdog_overflow_callback.*/, ''), ...rest].join('\n');
  test.match(only(swapped), { type: 'hard-lockup', guilty: only(log).guilty }, 'the message first');
  test.match(only([message, first, ...rest].join('\n')), { type: 'hard-lockup', guilty: only(log).guilty });
  const other = log.replace(/watchdog_overflow_callback/g, 'loom_check').replace(/^Watchdog.*\n/m, '');
  test.match(scanLog(other), [{ type: 'warning', guilty: 'loom_check' }], 'another WARNING');
});

t.test('lockdep’s oldest words, and a report whose last trace was lost', async (test) => {
  const rcu = `
[ INFO: suspicious rcu_dereference_check() usage. ]
net/loom.c:148 invoked rcu_dereference_check() without protection!
stack backtrace:
Pid: 77, comm: made-up Not tainted 3.1.99 #1
Call Trace:
 [<ffffffff8109d915>] lockdep_rcu_dereference+0xbb/0xc0
 [<ffffffff8109d000>] loom_expired+0x1/0x2
 [<ffffffff8165a0f3>] system_call_fastpath+0x16/0x1b`;
  test.match(scanLog(rcu), [{ title: 'WARNING: suspicious RCU usage in loom_expired' }]);
  const chain = `
WARNING: possible circular locking dependency detected
rmmod/125 is trying to acquire lock:
 ((&loom->work)){+.+...}, at: [<c019e0b8>] flush_work+0x0/0xac

-> #1 (&loom->lock){+.+...}:
       [<c018e2f4>] lock_acquire+0x60/0x74
       [<c01aaaaa>] loom_irq_work+0x1/0x2

-> #0 ((&loom->work)){+.+...}:
       [<c018e2f4>] lock_acquire+0x60/0x74
       [<c019e0f0>] flush_work+0x38/0xac
       [<c01bbbbb>] loom_stop+0x1/0x2

other info that might help us debug this:`;
  test.match(scanLog(chain), [{ title: 'possible deadlock in loom_stop', damaged: ['truncated'] }]);
});

t.test('memory around registers, and disassembled code, belong to the report', async (test) => {
  const hex = 'c0308ffc 20010013 ffffffff c1801f74 ';
  const rows = Array.from({ length: 120 }, (_, at) =>
    at % 2 ? `1f${(at % 90) + 10}: ${hex}` : `b7${(at % 90) + 10}  ${hex}`,
  );
  const arm = [
    'Internal error: Oops: 805 [#1] SMP ARM',
    'PC is at loom_read+0x1/0x2',
    'Stack: (0xc1801f20 to 0xc1802000)',
  ];
  const end = ['Call trace:', ' memcpy+0x1/0x2', ' loom_read+0x1/0x2', ' loom_open+0x1/0x2', ' el0_svc+0x1/0x2'];
  const mark = '---[ end trace 0000000000000000 ]---';
  test.match(scanLog([...arm, 'X0: 0xfffffffffff5b286:', ...rows, ...end, mark].join('\n')), [
    { guilty: 'loom_read', damaged: [], endLine: 3 + 1 + 120 + 6 },
  ]);
  const code = Array.from({ length: 14 }, (_, at) => `   ${at.toString(16)}:\t48 f7 fe             \tidiv   %rsi`);
  const decoded = [
    'BUG: sleeping function called from invalid context at fs/loom.c:12',
    'CPU: 1 PID: 77 Comm: made-up Not tainted 5.10.99 #1',
    'Call Trace:',
    ...['dump_stack+0x1/0x2', '___might_sleep+0x1/0x2', 'exc_page_fault+0x1/0x2'].map((frame) => ` ${frame}`),
    'RIP: kasan_record_aux_stack+0x64/0x74 ',
    'All code',
    '========',
    ...code,
    ' loom_ioctl+0x1/0x2',
    ' do_syscall_64+0x1/0x2',
  ];
  test.match(scanLog(decoded.join('\n')), [
    { title: 'BUG: sleeping function called from invalid context in loom_ioctl' },
  ]);
});

t.test('what only serves is not to blame', async (test) => {
  const frames = (...names: string[]) => names.map((name) => ` ${name}+0x1/0x2`);
  const oops = (...names: string[]) =>
    scanLog(
      [
        'general protection fault: 0000 [#1] SMP',
        'CPU: 1 PID: 77 Comm: made-up Not tainted 6.1.99 #1',
        `RIP: 0010:${names[0]}+0x1/0x2`,
        'Call Trace:',
        ...frames(...names.slice(1), 'do_syscall_64'),
        '---[ end trace 0000000000000000 ]---',
      ].join('\n'),
    )[0]?.guilty;
  for (const helper of ['prandom_u32', 'reiserfs_write_lock', 'sk_stop_timer_sync', 'panic_saved_regs', 'kmemdup'])
    test.equal(oops(helper, 'loom_join'), 'loom_join', helper);
  for (const own of ['kmalloc_oob_right', 'slab_mem_going_online_callback', 'urandom_read'])
    test.equal(oops(own, 'loom_join'), own, own);
  const alloc = ['made-up: page allocation failure: order:8, mode:0x240c0c0', 'CPU: 0 PID: 1 Comm: made-up 4.8.99 #1'];
  const trace = ['Call Trace:', ...frames('dump_stack', 'warn_alloc_failed', 'slob_new_pages', 'loom_init', 'kthread')];
  test.match(scanLog([...alloc, ...trace].join('\n')), [{ guilty: 'loom_init' }]);
  const init = ['Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000200', 'Call Trace:'];
  test.match(scanLog([...init, ...frames('panic', 'do_exit', '__x64_sys_exit', 'do_syscall_64')].join('\n')), [
    { title: 'kernel panic: Attempted to kill init!', guilty: null },
  ]);
  const cache = ['BUG: Bad page cache in process made-up  pfn:11ca9c', 'CPU: 0 PID: 1 Comm: made-up 5.13.99 #1'];
  test.match(scanLog([...cache, 'Call Trace:', ...frames('dump_stack', 'loom_drop', 'kthread')].join('\n')), [
    { title: 'BUG: Bad page cache in loom_drop' },
  ]);
  const slub = [
    'BUG loom_task: Objects remaining on kmem_cache_close()',
    'INFO: Slab 0xffffea001f0eba00 objects=34 used=1',
  ];
  const who = [
    'Pid: 77, comm: made-up Not tainted 3.2.99 #1',
    'Call Trace:',
    ...frames('slab_err', 'kmem_cache_destroy'),
  ];
  test.match(scanLog([...slub, ...who, ...frames('loom_exit', 'system_call_fastpath')].join('\n')), [
    { title: 'BUG loom_task: Objects remaining on kmem_cache_close()', guilty: 'loom_exit' },
  ]);
});

t.test('headlines that mail folded, or that were cut short', async (test) => {
  const rest = `${CPU}\nRIP: 0010:loom_pick+0x2a/0x90\n${trace('loom_weave', 'do_syscall_64')}`;
  const table: readonly [string, string, string][] = [
    [
      'Oops: general protection fault, probably for non-canonical address\n0xfbd59c0000000024: 0000 [#1] SMP NOPTI',
      'gp-fault',
      'general protection fault in loom_pick',
    ],
    [
      'Unable to handle kernel paging request at virtual address\nffffff80f41e8e80',
      'page-fault',
      'BUG: unable to handle kernel paging request in loom_pick',
    ],
    ['WARNING: CPU: 0 PID: 310 at\nmm/loom.c:878 loom_pick+0x88/0xf0', 'warning', 'WARNING in loom_pick'],
    ['WARNING: include/net/loom.h:17 at loom_pick+0x433/0x550', 'warning', 'WARNING in loom_pick'],
    [
      'KASAN: null-ptr-deref in range [0x0000000000000008-0x000000000000000f]',
      'gp-fault',
      'general protection fault in loom_pick',
    ],
  ];
  for (const [headline, type, title] of table) test.match(only(`${headline}\n${rest}`), { type, title }, headline);
  const whole = `Oops: general protection fault, probably for non-canonical address 0xfbd59c0000000024: 0000 [#1] SMP
KASAN: maybe wild-memory-access in range [0xdead000000000120-0xdead000000000127]\n${rest}`;
  test.match(only(whole), { type: 'gp-fault', address: 'fbd59c0000000024' }, 'with its first line it is one splat');
  test.same(scanLog(stamped('kasan: KernelAddressSanitizer initialized')), []);
});

t.test('kernels without the places of their bugs', async (test) => {
  const rest = `${CPU}\nPC is at loom_pick+0x144/0x150\n${trace('loom_pick', 'loom_weave', 'ret_from_fork')}`;
  const where = 'ffffff9ea20c9bd0 [verbose debug info unavailable]';
  test.match(only(`WARNING: at ${where}\n${rest}`), { type: 'warning', title: 'WARNING in loom_pick' });
  test.match(only(`Kernel BUG at ${where}\n${rest}`), { type: 'bug', title: 'kernel BUG in loom_pick' });
  const files = trace('kset_register', 'loom_probe', 'kthread');
  test.match(only(`WARNING: at ${where}\n${CPU}\n${files}`), { guilty: 'loom_probe' }, 'a registry serves');
});

t.test('what MIPS and LoongArch call an oops in words', async (test) => {
  const rest = `${CPU}\n   ra: ffff800003191e60 loom_weave+0x40/0x140 [loom]\n  ERA: ffff800003191eb0 loom_pick+0x90/0x140 [loom]
${trace('loom_pick', 'loom_weave')}\n---[ end trace 0123456789abcdef ]---`;
  for (const what of ['loom_unit invoked from kernel context', 'Kernel loom detected']) {
    test.match(only(`${what}![#1]:\n${rest}`), { type: 'other', title: `${what} in loom_pick`, damaged: [] });
    test.match(only(` ${what}[#1]:\n${rest}`), { title: `${what} in loom_pick` });
  }
  test.same(scanLog(stamped('loom: see note [#1]: below\nloom: request [#2]')), []);
});
