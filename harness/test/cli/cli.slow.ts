// SPDX-License-Identifier: GPL-2.0-only
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import t from 'tap';
import { attachText } from '../../cli/commands/replay.ts';
import { describeError } from '../../cli/errors.ts';
import { HostError } from '../../model/errors.ts';
import { heldNames, heldOperation } from '../../race/operations.ts';
import { raceNames } from '../../race/read.ts';
import { guestsDir, SWAPOFF } from '../race/shipped.ts';
import { writeMaps } from '../run/fixtures/placed-runs.ts';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');

/** The command line, as scripts/swaprace starts it once everything is installed. */
function swaprace(args: readonly string[], input = '') {
  return execa('node', ['--import', 'tsx', join(root, 'harness/cli/main.ts'), ...args], {
    cwd: root,
    reject: false,
    input,
  });
}

t.test('bad input is refused with 129, the value and the mend', async (t) => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['run', 'no-such-plan'], /No plan no-such-plan[\s\S]*Try: .*default/],
    [['run', '--seed', 'x'], /--seed x: not a whole number/],
    [['run', '--accel', 'xen'], /xen/],
    [['build', 'nonesuch'], /no variant nonesuch[\s\S]*Try: one of: .*weakened/],
    [['stress', 'stock', '--probe', 'nonesuch'], /no stress probe nonesuch/],
    [['report', 'nonesuch'], /No run in/],
    [['scan', '/no/such/log'], /Cannot read the log \/no\/such\/log/],
    [['interleave', 'explore', 'stock', '--path', 'teleport'], /no operation teleport[\s\S]*Try: one of: fault, shmem/],
    [['interleave', 'explore', 'stock', '--setup', 'floppy'], /no set-up floppy[\s\S]*Try: one of: rotational/],
    [['interleave', 'explore', 'stock', '--meanwhile', 'swapof'], /no operation swapof[\s\S]*Try: one of: fault/],
    [['interleave', 'paths', '--race', 'teleport'], /No race teleport[\s\S]*Try: one of: .*swapoff/],
    [['interleave', 'explore', 'stock', '--merge'], /--merge[\s\S]*Try: add --all/],
    [['interleave', 'replay', 'nonesuch', 'stock'], /No schedule nonesuch/],
    [['interleave', 'compare', join(root, 'package.json')], /package\.json: /],
    [
      ['interleave', 'maps', '--results', '/no/such/results'],
      /No maps below \/no\/such\/results[\s\S]*Try: interleave explore/,
    ],
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['run', '--frobnicate'], /unknown option '--frobnicate'/],
  ];
  await Promise.all(
    cases.map(async ([args, message]) => {
      const { exitCode, stderr, stdout } = await swaprace(args);
      t.equal(exitCode, 129, args.join(' '));
      t.match(stderr, message);
      t.equal(stdout, '');
    }),
  );
});

t.test('--dry-run prints what a run would execute, and does nothing', async (t) => {
  const text = await swaprace(['run', '--dry-run']);
  t.equal(text.exitCode, 0);
  t.match(text.stdout, /unpatched: \d+ to \d+ trials .* the control/);
  const json = await swaprace(['run', '--dry-run', '--json']);
  t.match(JSON.parse(json.stdout), { probes: [{ control: 'unpatched' }] });
});

t.test('certify places a variant, with a control that must show the bug, and accepts closed only', async (t) => {
  const { exitCode, stdout } = await swaprace(['certify', 'v5b+sites+ra', '--dry-run', '--json']);
  t.equal(exitCode, 0);
  t.match(JSON.parse(stdout), {
    probes: [
      {
        ...{ kind: 'place', hold: 'preempt', points: { kind: 'all' }, mergeSeed: '1', mutants: true, guests: 2 },
        ...{ control: 'unpatched', variants: ['unpatched', 'v5b+sites+ra'] },
        expect: { unpatched: { accept: ['target'] }, 'v5b+sites+ra': { accept: ['closed'] } },
      },
    ],
  });
  t.match(await swaprace(['certify', 'unpatched']), {
    exitCode: 129,
    stderr: /is the control, which must show the bug/,
  });
});

t.test('try makes the matrix of a tree without a series and with it', async (t) => {
  const dir = t.testdir({ tree: { Makefile: 'kernelversion:\n\t@echo 6.1.7\n' } });
  const shipped = join(root, 'kernel-configs/series/linux-6.1');
  const args = ['try', join(shipped, 'v5a'), join(shipped, 'v5b'), '--tree', join(dir, 'tree')];
  const { exitCode, stdout, stderr } = await swaprace([...args, '--per-patch', '--dry-run', '--json']);
  t.equal(exitCode, 0, stderr);
  const plan = JSON.parse(stdout) as { variants: { id: string; series: string[]; source: unknown }[] };
  t.same(
    plan.variants.map(({ id }) => id),
    ['without', 'patch-1', 'patch-2', 'patch-3', 'v5a', 'v5b'],
  );
  t.match(plan, {
    variants: [{ series: [], source: { kind: 'dir', path: join(dir, 'tree') } }],
    probes: [
      { kind: 'stress', control: 'without', workload: 'anon' },
      { kind: 'place', control: 'without', mutants: true, expect: { v5b: { accept: ['closed', 'not-reproduced'] } } },
    ],
  });
  for (const [wrong, message] of [
    [['try', join(shipped, 'v5a'), '--tree', join(dir, 'none')], /--tree \S+: there is no such folder, file or source/],
    [['try', join(dir, 'none.mbox'), '--tree', join(dir, 'tree')], /Cannot read the series \S+: there is no such file/],
    [['try', join(shipped, 'v5a'), '--tree', join(dir, 'tree'), '--base', 'v1'], /is no git repository/],
  ] as const)
    t.match((await swaprace([...wrong, '--dry-run'])).stderr, message);
});

t.test('what can be placed is listed', async (t) => {
  const { exitCode, stdout } = await swaprace(['interleave', 'paths']);
  t.equal(exitCode, 0);
  for (const name of heldNames(SWAPOFF)) {
    const [first] = heldOperation(SWAPOFF, name).held.from;
    t.match(stdout, new RegExp(`^${name} +\\S.*\\n +held from ${first?.name}`, 'm'));
  }
  const races = await swaprace(['interleave', 'races']);
  t.equal(races.exitCode, 0);
  for (const name of raceNames(guestsDir)) t.match(races.stdout, new RegExp(`^${name} +\\S`, 'm'));
});

t.test('maps that explorations have left: as text, as JSON, as a page', async (t) => {
  const dir = t.testdir({});
  await writeMaps(dir);
  const text = await swaprace(['interleave', 'maps', '--results', dir]);
  t.equal(text.exitCode, 0, text.stderr);
  t.match(
    text.stdout,
    /^stock, fault on rotational, preempt +\|w.*\nv5a, .*\nv5b, .*\nweakened, fault on rotational, preempt \|#/,
  );
  t.match(text.stdout, /\nweakened, fault on rotational, preempt: 1 of 100 points, 1 oops, 0 hang, 0 corruption/);
  t.match(
    text.stderr,
    /bad-a\/run\.json[\s\S]*v5b, fault on rotational, preempt: not finished, 1 attempt so far; scripts\/run --resume/,
  );
  t.match(JSON.parse((await swaprace(['interleave', 'maps', '--results', dir, '--json'])).stdout), [
    { variant: 'stock' },
    { variant: 'v5a' },
    { variant: 'v5b' },
    { variant: 'weakened' },
  ]);
  const page = join(dir, 'maps.html');
  t.equal((await swaprace(['interleave', 'maps', '--results', dir, '--html', page])).exitCode, 0);
  t.match(
    readFileSync(page, 'utf8'),
    /Race maps[^]*v5b, .*: not finished[^]*Windows of weakened, fault on rotational, preempt[^]*Kernels/,
  );
});

t.test('how gdb is attached names the kernel, the socket and the threads', async (t) => {
  t.match(
    attachText('/k/vmlinux', '/run/gdb'),
    /gdb \/k\/vmlinux -ex 'target remote \/run\/gdb' -ex 'thread 2'[^]*contender is on thread 1/,
  );
});

const OOPS = [
  '[   12.345678] BUG: kernel NULL pointer dereference, address: 0000000000000001',
  '[   12.345680] #PF: supervisor read access in kernel mode',
  '[   12.345690] Oops: 0000 [#1] PREEMPT SMP NOPTI',
  '[   12.345700] CPU: 1 PID: 98 Comm: stress Not tainted 6.1.192 #1',
  '[   12.345710] RIP: 0010:__swap_duplicate+0x52/0x1a0',
  '[   12.345720] Call Trace:',
  '[   12.345730]  <TASK>',
  '[   12.345740]  __read_swap_cache_async+0x9a/0x2a0',
  '[   12.345750]  do_swap_page+0x3f1/0x8c0',
  '[   12.345760]  </TASK>',
  '[   12.345770] ---[ end trace 0000000000000000 ]---',
  '',
].join('\n');

t.test('scan reads a console from standard input', async (t) => {
  const { exitCode, stdout } = await swaprace(['scan', '--json'], OOPS);
  t.equal(exitCode, 0);
  const splats = JSON.parse(stdout) as Record<string, unknown>[];
  t.equal(splats.length, 1);
  t.match(splats[0], {
    title: 'BUG: unable to handle kernel NULL pointer dereference in __swap_duplicate',
    type: 'null-deref',
    guilty: '__swap_duplicate',
    damaged: [],
  });
  t.ok(Array.isArray(splats[0]?.['frames']));
  t.match((await swaprace(['scan'], OOPS)).stdout, /__swap_duplicate\+0x52\/0x1a0/);
  const calm = '[    1.000000] usb 1-1: all is well\n';
  t.match(await swaprace(['scan', '--check'], calm), { exitCode: 0, stdout: 'no splats' });
  t.match(await swaprace(['scan', '--check'], OOPS), { exitCode: 1 });
  t.match(await swaprace(['scan', '--check', '--follow'], OOPS), { exitCode: 1, stdout: /__swap_duplicate/ });
  const empty = await swaprace(['scan', '--json'], '');
  t.match(empty, { exitCode: 125, stderr: /is empty/ });
  t.same(JSON.parse(empty.stdout), []);
  t.match(await swaprace(['scan'], 'Dear reader,\nall is well.\n'), {
    exitCode: 125,
    stdout: '',
    stderr: /Nothing in/,
  });
  t.match(await swaprace(['scan'], '\x7fELF'.padEnd(9000, '\0\x01\x02')), { exitCode: 129, stderr: /no text/ });
});

t.test('doctor names what is missing and where it was looked for', async (t) => {
  const { stdout } = await swaprace(['doctor', '--json']);
  const checks = JSON.parse(stdout) as { name: string; found: string }[];
  for (const name of ['machine', 'gcc', 'qemu-system-x86', 'cache', 'kvm'])
    t.ok(
      checks.some((check) => check.name === name),
      name,
    );
});

t.test('an error is printed as action, evidence and mend', async (t) => {
  t.equal(
    describeError(new HostError('X', 'Cannot do it', { details: 'line 1\nline 2', hint: 'do that' })),
    'swaprace: Cannot do it\n    line 1\n    line 2\nTry: do that\n',
  );
  t.match(describeError(new TypeError('oh')), /internal error: TypeError: oh/);
});
