// SPDX-License-Identifier: GPL-2.0-only
import type { Detector } from '../detector.ts';
import { either, sequence } from '../pattern.ts';

const HEADLINE = { from: 'headline', past: 'fault' } as const;
const FUNC = String.raw`(?<func>[A-Za-z_][\w.$]*)(?:\+0x[0-9a-f]+\/0x[0-9a-f]+)?`;

/** `(file.c:12)` after a function, and its module, of scripts/decode_stacktrace.sh. */
const DECODED = '(?: \\([^()]*:[^()]*(?:\\([^()]*\\)[^()]*)*\\)(?: [\\w-]+)?)?';

/** Compiler instrumentation. All draw a line of `=` before and after. */
export const SANITIZERS: readonly Detector[] = [
  {
    id: 'kasan',
    printedBy: 'mm/kasan/report.c',
    type: 'kasan',
    starts: either(
      new RegExp(
        `^BUG: KAS[Aa][Nn]: (?<nature>[\\w -]+?)(?: in (?:${FUNC}|\\S+)${DECODED}(?: \\[[\\w-]+\\])?)?` +
          '(?: at addr (?<address>[0-9a-f]+)| on address .*)?(?: \\[[\\w-]+\\])?$',
      ),
      /^BUG: KAS[Aa][Nn]: (?<nature2>[\w-]+) in /,
    ),
    details: [
      sequence(
        /^(?<access>Read|Write) (?:of size \d+ )?/,
        /(?:at addr (?<address>[0-9a-f]+) )?(?:by task (?<comm>.+)\/(?<pid>\d+))?/,
      ),
    ],
    title: 'KASAN: {nature}[ {access}][ in {f}]',
    blame: HEADLINE,
    ending: 'rule',
    absorbs: ['kasan'],
  },
  {
    id: 'kcsan',
    printedBy: 'kernel/kcsan/report.c',
    type: 'kcsan',
    starts: new RegExp(
      `^BUG: KCSAN: (?<nature>[\\w: -]+) in ${FUNC}` +
        '(?: \\/ (?<other>[A-Za-z_][\\w.$]*)(?:\\+0x[0-9a-f]+\\/0x[0-9a-f]+)?)?',
    ),
    title: 'KCSAN: {nature} in {func}[ / {other}]',
    blame: { from: 'named', past: 'fault' },
    ending: 'rule',
  },
  {
    id: 'kmsan',
    printedBy: 'mm/kmsan/report.c',
    type: 'kmsan',
    starts: new RegExp(`^BUG: KMSAN: (?<nature>[\\w -]+?) in ${FUNC}`),
    title: 'KMSAN: {nature}[ in {f}]',
    blame: HEADLINE,
    ending: 'rule',
    absorbs: ['kmsan'],
  },
  {
    id: 'kfence',
    printedBy: 'mm/kfence/report.c',
    type: 'kfence',
    starts: new RegExp(`^BUG: KFENCE: (?<nature>[\\w -]+?) in ${FUNC}`),
    details: [/^(?:Use-after-free|Out-of-bounds|Invalid)[\w -]* (?:at|of) (?:0x)?(?<address>[0-9a-f]+)/],
    title: 'KFENCE: {nature}[ in {f}]',
    blame: HEADLINE,
    ending: 'rule',
  },
  {
    id: 'ubsan',
    printedBy: 'lib/ubsan.c',
    type: 'ubsan',
    starts: /^UBSAN: (?<nature>[\w' -]+) in (?<file>[^\s:]+):\d+(?::\d+)?/,
    title: 'UBSAN: {nature}[ in {f}]',
    refined: [
      { group: 'nature', matches: /^Undefined behaviour/, type: 'ubsan', title: 'UBSAN: undefined-behaviour[ in {f}]' },
    ],
    blame: { from: 'trace', past: 'fault' },
    ending: 'rule',
  },
];
