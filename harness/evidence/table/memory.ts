// SPDX-License-Identifier: GPL-2.0-only
import type { Detector } from '../detector.ts';
import { either, sequence } from '../pattern.ts';

const REPORT = { from: 'trace', past: 'fault' } as const;
const NOBODY = { from: 'nobody', past: 'fault' } as const;

/** Pages, page tables, slabs and swap entries that are not what they should be. */
export const MEMORY: readonly Detector[] = [
  {
    id: 'bad-page-state',
    printedBy: 'mm/page_alloc.c',
    type: 'bad-page',
    starts: /^(?:BUG: )?Bad page state in process '?(?<comm>.+?)'?(?:  ?pfn:|$)/,
    title: 'BUG: Bad page state[ in {f}]',
    blame: REPORT,
    ending: 'trace',
  },
  {
    id: 'bad-page-map',
    printedBy: 'mm/memory.c',
    type: 'bad-page',
    starts: either(
      /^BUG: Bad page (?<what>map|cache) in process (?<comm>.+?)  ?(?:pte|pmd|pfn|pud|\w+):/,
      /^Bad pte = [0-9a-f]+, process = (?<comm2>[^,]+)/,
    ),
    title: 'BUG: Bad page map[ in {f}]',
    blame: REPORT,
    ending: 'trace',
    refined: [{ group: 'what', matches: /^cache/, type: 'bad-page', title: 'BUG: Bad page cache[ in {f}]' }],
  },
  {
    id: 'bad-rss',
    printedBy: 'kernel/fork.c, check_mm()',
    type: 'bad-page',
    starts: /^BUG: (?:Bad rss-counter state mm:|non-zero (?:pgtables_bytes|nr_ptes|nr_pmds) on freeing mm)/,
    title: 'BUG: Bad rss-counter state',
    blame: NOBODY,
    ending: 'line',
  },
  {
    id: 'bad-pagetable',
    printedBy: 'mm/pgtable-generic.c',
    type: 'bad-page',
    starts: /^[\w./-]+:\d+: bad (?<level>pgd|p4d|pud|pmd) [0-9a-f]/,
    title: 'BUG: bad {level}',
    blame: NOBODY,
    ending: 'line',
  },
  {
    // An entry that is given back and is not in use: the map and its users disagree. The kernel's "Bad swap file",
    // "Bad swap offset" and "Unused swap file" are no bugs by themselves: with them it refuses an entry whose device
    // has gone, which is what a fault that loses the race to the freeing of a swap area ought to see.
    id: 'unused-swap-entry',
    printedBy: 'mm/swapfile.c',
    type: 'other',
    starts: /^(?<func>_*\w*swap\w*): (?<what>Unused swap offset entry) (?:0x)?(?<entry>[0-9a-f]+)/,
    title: '{func}: {what}',
    blame: { from: 'named', past: 'fault' },
    ending: 'line',
  },
  {
    id: 'slub',
    printedBy: 'mm/slub.c',
    type: 'memory-corruption',
    // To 3.2 without the taint.
    starts: either(
      /^BUG (?<cache>\S.*?) \((?:Not tainted|Tainted: [^)]*)\): (?<what>.+)$/,
      /^BUG (?<cache2>[\w.:-]+): (?<what2>Objects remaining .+|(?:Poison|Redzone|Padding|Object padding) overwritten)$/,
    ),
    // The object dump inside a KASAN report, up to 4.6.
    except: /: kasan: bad access detected$/,
    title: 'BUG {cache}: {what}',
    blame: { from: 'trace', past: 'fault' },
    ending: 'trace',
    // The tracks of the object's allocation and freeing come first.
    traceAfter: /^\s*(?:CPU: \d+ |[Pp]id: \d+, comm: )/,
    absorbs: ['slub-tracks'],
  },
  {
    id: 'slub-tracks',
    printedBy: 'mm/slub.c, up to 5.12',
    type: 'memory-corruption',
    starts: /^INFO: (?:Freed|Allocated) in (?<func>[\w.]+)/,
    title: 'BUG: slab corruption',
    blame: { from: 'nobody', past: 'fault' },
    ending: 'message',
    absorbs: ['slub-tracks'],
  },
  {
    id: 'slab',
    printedBy: 'mm/slab.c, up to 6.7',
    type: 'memory-corruption',
    starts: /^(?:Slab corruption \([^)]*\): (?<cache>\S+)|slab error in (?<func>\w+)\(\): (?<what>.+))/,
    title: 'BUG: slab corruption[ in {f}]',
    blame: { from: 'trace', past: 'fault' },
    ending: 'message',
    absorbs: ['slab'],
  },
  {
    id: 'pagealloc-poison',
    printedBy: 'mm/page_poison.c',
    type: 'memory-corruption',
    starts: /^pagealloc: (?:single bit error|memory corruption|corrupted page details)/,
    title: 'pagealloc: memory corruption[ in {f}]',
    blame: REPORT,
    ending: 'trace',
  },
  {
    id: 'kmemleak',
    printedBy: 'mm/kmemleak.c',
    type: 'other',
    starts: /^(?:BUG: memory leak|unreferenced object (?:0x)?[0-9a-f]+ \(size \d+\):)/,
    title: 'memory leak[ in {f}]',
    blame: REPORT,
    ending: 'message',
    absorbs: ['kmemleak'],
  },
  {
    id: 'oom-killer',
    printedBy: 'mm/oom_kill.c',
    type: 'oom',
    starts: /^(?<comm>.{1,15}) invoked oom-killer: gfp_mask=/,
    title: 'out of memory',
    blame: NOBODY,
    ending: 'killed',
    spansContexts: true,
    absorbs: ['oom-kill'],
  },
  {
    id: 'oom-kill',
    printedBy: 'mm/oom_kill.c',
    type: 'oom',
    starts: sequence(
      /^(?:Memory cgroup out of memory|Out of memory)(?: \(oom_kill_allocating_task\))?: /,
      /Kill(?:ed)? process (?<pid>\d+),? \((?<comm>.+?)\)/,
    ),
    title: 'out of memory',
    blame: NOBODY,
    ending: 'line',
  },
  {
    id: 'allocation-failure',
    printedBy: 'mm/page_alloc.c, warn_alloc()',
    type: 'oom',
    starts: either(
      /^(?<comm>.{1,15}): page allocation (?:failure|stalls for \d+ms)[:,.] ?order:\d+/,
      /^(?<comm2>.{1,15}): vmalloc(?::| error| size \d+) ?(?:allocation failure)?: /,
    ),
    title: 'page allocation failure[ in {f}]',
    blame: REPORT,
    ending: 'trace',
  },
];
