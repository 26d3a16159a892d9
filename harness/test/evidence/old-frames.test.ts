// SPDX-License-Identifier: GPL-2.0-only
import t from 'tap';
import { parseFrames, parseIp } from '../../evidence/frames.ts';
import { scanLog } from '../../evidence/scanner.ts';

const HEADLINE = 'Unable to handle kernel NULL pointer dereference at virtual address 00000018';
const TITLE = 'BUG: unable to handle kernel NULL pointer dereference in loom_pick';
const syslog = (text: string) => text.replace(/^/gm, 'Mar  3 10:11:12 box kernel: ');

t.test('frames of 2.4 and 2.6', async (test) => {
  const table: [string, object[]][] = [
    ['[loom_pick+34/224]', [{ func: 'loom_pick', offset: 34, size: 224 }]],
    [
      ' [loom_pick+34/224] [ext3:loom_weave+22/100] [<c0123456>]',
      [
        { func: 'loom_pick', module: null },
        { func: 'loom_weave', module: 'ext3' },
      ],
    ],
    [' [loom_pick+34/224] loom_pick+0x22/0xe0', [{ func: 'loom_pick', offset: 0x22 }]],
    [' [pg0+270534868/1069941760] loom_pick+0x22/0xe0 [loom]', [{ func: 'loom_pick', module: 'loom' }]],
    [
      '<ffffffff80123456>{loom_pick+34} <ffffffff80123460>{:ext3:loom_weave+22}',
      [
        { func: 'loom_pick', offset: 34 },
        { func: 'loom_weave', module: 'ext3' },
      ],
    ],
    ['Trace; c0123456 <loom_pick+22/e0>', [{ func: 'loom_pick', offset: 0x22, size: 0xe0 }]],
    ['Trace; d08b1a2c <[ext3]loom_pick+22/e0>', [{ func: 'loom_pick', module: 'ext3' }]],
    ['Trace; d08b1a2c <END_OF_CODE+105912/17c>', []],
    ['[<c0123456>] loom_pick [kernel] 0x22 (0xc7f31f60)', [{ func: 'loom_pick', module: null, offset: 0x22 }]],
    ['took [a+1/2] of it', []],
  ];
  for (const [line, wanted] of table) {
    test.match(parseFrames(line), wanted, line);
    test.equal(parseFrames(line).length, wanted.length, line);
  }
  for (const line of [
    '>>EIP; c0123456 <loom_pick+22/e0>   <=====',
    'EIP is at loom_pick [kernel] 0x22 (2.4.99)',
    'EIP:    0010:[loom_pick+34/224]    Not tainted',
    'RIP: 0010:[<ffffffff80123456>] <ffffffff80123456>{loom_pick+34}',
  ])
    test.match(parseIp(line), { func: 'loom_pick', offset: 0x22 }, line);
});

t.test('klogd named the functions', async (test) => {
  const [splat, ...others] = scanLog(
    syslog(`${HEADLINE}
 printing eip:
c0123456
*pde = 00000000
Oops: 0000
CPU:    0
EIP:    0010:[loom_pick+34/224]    Not tainted
EFLAGS: 00010246
Process weaver (pid: 310, stackpage=c7f31000)
Stack: c7f31f60 00000000 c0123470
Call Trace:    [loom_weave+22/100] [sys_ioctl+257/671] [system_call+51/56]
Code: 8b 42 18 85 c0`),
  );
  test.same(others, []);
  test.match(splat, { title: TITLE, type: 'null-deref', comm: 'weaver', pid: 310 });
  test.same(
    splat?.frames.map(({ func }) => func),
    ['loom_pick', 'loom_weave', 'sys_ioctl', 'system_call'],
  );
});

t.test('ksymoops named them, after the oops', async (test) => {
  const splats = scanLog(`ksymoops 2.4.9 on i686 2.4.99.  Options used
     -V (default)

${HEADLINE}
c0123456
Oops: 0000
CPU:    0
EIP:    0010:[<c0123456>]    Not tainted
Using defaults from ksymoops -t elf32-i386 -a i386
EFLAGS: 00010246
Process weaver (pid: 310, stackpage=c7f31000)
Call Trace:    [<c0123470>] [<c0123480>]
Code: 8b 42 18 85 c0

>>EIP; c0123456 <loom_pick+22/e0>   <=====
Trace; c0123470 <loom_weave+16/64>
Trace; c0123480 <sys_ioctl+101/29f>
Code;  c0123456 <loom_pick+22/e0>
00000000 <_EIP>:`);
  test.match(splats, [{ title: TITLE, type: 'null-deref', frames: [{ isIp: true }, {}, {}] }]);
});

t.test('the words of 2.4 and 2.6', async (test) => {
  const titles = (text: string) => scanLog(syslog(text)).map(({ title }) => title);
  test.same(titles('Kernel panic: No init found.  Try passing init= option to kernel.'), [
    'kernel panic: No init found. Try passing init= option to kernel',
  ]);
  const bug = `kernel BUG at loom.c:99!\ninvalid operand: 0000
CPU:    0\nEIP:    0010:[loom_pick+34/224]    Not tainted
Call Trace: [loom_weave+22/100]\nCode: 0f 0b\n <0>Kernel panic: Aiee, killing interrupt handler!
In interrupt handler - not syncing`;
  test.same(titles(bug), ['kernel BUG in loom_pick']);
  const wide = `Unable to handle kernel paging request at ffff810012345678 RIP:\n<ffffffff80123456>{loom_pick+34}
PGD 0\nOops: 0000 [1] SMP\nPid: 310, comm: weaver Not tainted 2.6.13
RIP: 0010:[<ffffffff80123456>] <ffffffff80123456>{loom_pick+34}
Call Trace:<ffffffff80123470>{loom_weave+22} <ffffffff8010a2b0>{system_call+126}`;
  test.same(titles(wide), ['BUG: unable to handle kernel paging request in loom_pick']);
});
