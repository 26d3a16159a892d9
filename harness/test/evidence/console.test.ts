// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { consoleLines, decodeConsole } from '../../evidence/console.ts';

t.test('what the transport added is taken off', async (test) => {
  const table: [string, string, string | null, number | null][] = [
    ['[    1.234567] text', 'text', null, 1.234567],
    ['[    1.234567]  indented', ' indented', null, 1.234567],
    ['[    1.234567][   T98] text', 'text', 'T98', 1.234567],
    ['[12345.234567][    C1]  frame+0x1/0x2', ' frame+0x1/0x2', 'C1', 12345.234567],
    ['<4>[    1.234567] text', 'text', null, 1.234567],
    ['<6>text', 'text', null, null],
    ['Nov 22 09:17:01 guest kernel: [    1.234567] text', 'text', null, 1.234567],
    ['2023-11-22T09:17:01.5+00:00 guest kernel: text', 'text', null, null],
    ['[    1.234567] text\r', 'text', null, 1.234567],
    ['\x1b[1;31m[    1.234567]\x1b[0m text', 'text', null, 1.234567],
    ['no stamp', 'no stamp', null, null],
    ['[ bracket ] text', '[ bracket ] text', null, null],
  ];
  for (const [raw, text, context, seconds] of table) {
    test.match(consoleLines(raw), [{ text, context, seconds, glued: false, binary: false }], raw);
  }
});

t.test('two records on one line are two', async (test) => {
  test.match(consoleLines('[    1.000000] first half[    1.000100][    C1] second'), [
    { text: 'first half', glued: false },
    { text: 'second', context: 'C1', glued: true },
  ]);
  test.equal(consoleLines('[    1.000000] a range [mem 0x1.5-0x2] is one').length, 1);
});

t.test('noise is reported', async (test) => {
  test.match(consoleLines('\0\0[    1.000000] te\x02xt'), [{ text: 'text', seconds: 1, binary: true }]);
  test.match(consoleLines(decodeConsole(Uint8Array.from([0x61, 0xff, 0x62]))), [{ text: 'ab', binary: true }]);
  test.match(consoleLines('tab\there'), [{ text: 'tab\there', binary: false }]);
});

t.test('long lines are cut', async (test) => {
  const [line] = consoleLines('x'.repeat(10_000_000));
  test.equal(line?.text.length, 4096);
});
