// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { functionOf, parseFrame, parseIp } from '../../evidence/frames.ts';
import { isHelper } from '../../evidence/helpers.ts';
import { scanLog } from '../../evidence/scanner.ts';
import { parseTraces } from '../../evidence/traces.ts';

t.test('frames of all ages and machines', async (test) => {
  const table: [string, object | null][] = [
    [
      ' do_swap_page+0x5e1/0x8d0',
      { func: 'do_swap_page', offset: 0x5e1, size: 0x8d0, module: null, reliable: true, isIp: false },
    ],
    [' ? do_swap_page+0x5e1/0x8d0', { func: 'do_swap_page', reliable: false }],
    [' [<ffffffff811f3b21>] radix_tree_lookup_slot+0x11/0x20', { func: 'radix_tree_lookup_slot', reliable: true }],
    [' [<ffffffff811f3b21>] ? kthread+0xcf/0xf0', { func: 'kthread', reliable: false }],
    [' ext4_readpage+0x21/0x90 [ext4]', { func: 'ext4_readpage', module: 'ext4' }],
    [
      ' zram_bvec_read+0x21/0x90 [zram 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567]',
      { func: 'zram_bvec_read', module: 'zram' },
    ],
    [' __slab_alloc.isra.0+0x12/0x34', { func: '__slab_alloc', symbol: '__slab_alloc.isra.0' }],
    [' shrink_list.constprop.0.cold+0x12/0x34', { func: 'shrink_list' }],
    [
      ' spin_lock include/linux/spinlock.h:351 [inline]',
      { func: 'spin_lock', offset: null, size: null, location: 'include/linux/spinlock.h:351' },
    ],
    [' do_swap_page+0x5e1/0x8d0 mm/memory.c:3888', { func: 'do_swap_page', location: 'mm/memory.c:3888' }],
    ['[<80292a90>] (ksys_mount) from [<80101000>] (ret_fast_syscall+0x0/0x54)', { func: 'ksys_mount', offset: null }],
    [' do_swap_page from handle_mm_fault+0x12c/0x5d0', { func: 'do_swap_page' }],
    [' do_swap_page+0x5e1', { func: 'do_swap_page', offset: 0x5e1, size: null }],
    [' entry of 0x12/0x34 pages', null],
    ['RAX: 0000000000000000 RBX: 0000000000000001 RCX: 0000000000000000', null],
    ['', null],
  ];
  for (const [line, wanted] of table) {
    const frame = parseFrame(line);
    if (wanted === null) test.equal(frame, null, line);
    else test.match(frame, wanted, line);
  }
});

t.test('instruction pointers of all ages and machines', async (test) => {
  const table: [string, string | null][] = [
    ['RIP: 0010:xas_start+0x71/0x2d0', 'xas_start'],
    ['RIP: 0010:[<ffffffff811f3a10>]  [<ffffffff811f3a10>] __radix_tree_lookup+0x30/0xc0', '__radix_tree_lookup'],
    ['IP: [<ffffffff811f3a10>] __radix_tree_lookup+0x30/0xc0', '__radix_tree_lookup'],
    ['IP: strlen+0x0/0x30', 'strlen'],
    ['RIP: e030:xas_start+0x71/0x2d0', 'xas_start'],
    ['EIP: do_swap_page+0x5e1/0x8d0', 'do_swap_page'],
    ['pc : __swp_swapcount+0x38/0x88', '__swp_swapcount'],
    ['PC is at __swp_swapcount+0x38/0x88', '__swp_swapcount'],
    ['pc : [<ffffff80084c1d28>] lr : [<ffffff80084c1de4>] pstate: 60000145', null],
    ['RIP: 0033:0x7f1c2a8f3b1a', null],
    ['RIP: 0010:0x0', null],
    ['IP:           (null)', null],
  ];
  for (const [line, wanted] of table) test.equal(parseIp(line)?.func ?? null, wanted, line);
  test.equal(parseIp('RIP: 0010:xas_start+0x71/0x2d0')?.isIp, true);
});

t.test('a clone is its function', async (test) => {
  const table: [string, string][] = [
    ['f', 'f'],
    ['f.isra.0', 'f'],
    ['f.part.12.isra.3', 'f'],
    ['f.cold', 'f'],
    ['f.llvm.123456', 'f'],
    ['tcp_v4.rcv', 'tcp_v4.rcv'],
  ];
  for (const [symbol, func] of table) test.equal(functionOf(symbol), func);
});

t.test('history is no trace of the bug', async (test) => {
  const traces = parseTraces([
    'CPU: 1 PID: 98 Comm: swapin Not tainted 6.1.192 #7',
    'Call Trace:',
    ' <TASK>',
    ' reader+0x1/0x10',
    ' asm_exc_page_fault+0x22/0x30',
    ' </TASK>',
    'Allocated by task 99:',
    ' allocator+0x1/0x10',
    'Freed by task 99:',
    ' freer+0x1/0x10',
  ]);
  test.same(
    traces.map(({ kind, rooted, frames }) => [kind, rooted, frames.map(({ frame }) => frame.func)]),
    [
      ['main', true, ['reader', 'asm_exc_page_fault']],
      ['history', false, ['allocator']],
      ['history', false, ['freer']],
    ],
  );
});

/** An oops of the race with the given functions, innermost first. */
function oops(ip: string, ...callers: readonly string[]): string {
  const frames = callers.map((func) => ` ${func}+0x10/0x100`).join('\n');
  return `BUG: kernel NULL pointer dereference, address: 0000000000000010\nOops: 0000 [#1] PREEMPT SMP\nRIP: 0010:${ip}+0x10/0x100\nCall Trace:\n <TASK>\n${frames}\n asm_exc_page_fault+0x22/0x30\n </TASK>\n---[ end trace 0000000000000000 ]---`;
}

t.test('the guilty one is past the helpers', async (test) => {
  const table: [string, readonly string[], string | null][] = [
    ['xas_start', ['xas_load', '__filemap_get_folio', 'swap_cache_get_folio', 'do_swap_page'], 'swap_cache_get_folio'],
    [
      'xas_start',
      [
        'xas_load',
        'mapping_get_entry',
        'pagecache_get_page',
        'find_get_page',
        '__read_swap_cache_async',
        'swap_cluster_readahead',
      ],
      '__read_swap_cache_async',
    ],
    [
      '__radix_tree_lookup',
      ['radix_tree_lookup_slot', 'find_get_entry', 'lookup_swap_cache', 'do_swap_page'],
      'lookup_swap_cache',
    ],
    ['__swp_swapcount', ['swap_cluster_readahead', 'do_swap_page'], '__swp_swapcount'],
    ['_raw_spin_lock', ['__swap_duplicate', 'swapcache_prepare'], '__swap_duplicate'],
    ['memset_erms', ['swap_map_clear', 'do_swap_page'], 'swap_map_clear'],
    ['memcpy', ['_raw_spin_lock'], null],
  ];
  for (const [ip, callers, wanted] of table) {
    test.match(
      scanLog(oops(ip, ...callers)),
      [
        {
          guilty: wanted,
          title: `BUG: unable to handle kernel NULL pointer dereference${wanted === null ? '' : ` in ${wanted}`}`,
        },
      ],
      ip,
    );
  }
});

t.test('frames that the unwinder doubts blame nobody while there are others', async (test) => {
  const text = oops('xas_start', 'do_swap_page').replace(' do_swap_page', ' ? leftover+0x1/0x10\n do_swap_page');
  const [splat] = scanLog(text);
  test.equal(splat?.guilty, 'do_swap_page');
  test.match(splat?.frames.map(({ func, reliable }) => [func, reliable]).slice(0, 3), [
    ['xas_start', true],
    ['leftover', false],
    ['do_swap_page', true],
  ]);
});

t.test('a jump to nowhere blames who jumped', async (test) => {
  const text = oops('x', 'swap_readpage_caller').replace(
    'RIP: 0010:x+0x10/0x100',
    'RIP: 0010:0x0\nCode: Unable to access opcode bytes at 0xffffffffffffffd6.',
  );
  test.match(scanLog(text), [{ guilty: 'swap_readpage_caller' }]);
});

t.test('the swap functions are no helpers', async (test) => {
  const own = [
    '__swap_duplicate',
    'swapcache_prepare',
    'do_swap_page',
    'swap_cache_get_folio',
    '__read_swap_cache_async',
    'get_swap_device',
    'swap_cluster_readahead',
    'shmem_swapin_folio',
    '__swp_swapcount',
    'lookup_swap_cache',
    'try_to_unuse',
    'free_swap_and_cache',
  ];
  for (const func of own)
    for (const passing of ['fault', 'lock', 'sleep', 'stall'] as const)
      test.notOk(isHelper(func, passing), `${func} ${passing}`);
});

t.test('a stack is full of what calls itself', async (test) => {
  const round = ['loom_notify', 'notifier_call_chain', 'loom_update'].map((func) => ` ${func}+0x11/0x20`);
  const trace = [
    'RIP: 0010:loom_leaf+0x11/0x20',
    'Call Trace:',
    ' loom_lookup+0x11/0x20',
    ...Array(5).fill(round).flat(),
  ];
  const log = ['BUG: TASK stack guard page was hit at 00000000deadbeef', ...trace, ' do_syscall_64+0x1/0x2'];
  test.equal(scanLog(log.join('\n'))[0]?.guilty, 'loom_notify');
  test.equal(scanLog(log.slice(0, 7).join('\n'))[0]?.guilty, 'loom_leaf', 'nothing repeats');
});
