// SPDX-License-Identifier: GPL-2.0-only
import { chmod, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { bounded, keepTail, run, runOk, start, tail } from '../../host/process.ts';
import { farHost } from '../../host/ssh-client.ts';
import { EXIT, exitStatusOf, UsageError, worstStatus } from '../../model/errors.ts';

t.test('a process’s end is data: status, signal, time out', async (t) => {
  t.match(await run('sh', ['-c', 'echo out; echo err >&2; exit 3']), {
    exitCode: 3,
    signal: null,
    timedOut: false,
    stdout: 'out\n',
    stderr: 'err\n',
  });
  t.match(await run('sh', ['-c', 'kill -KILL $$']), { exitCode: null, signal: 'SIGKILL' });
  t.match(await run('sleep', ['30'], { timeoutMs: 50 }), { timedOut: true });
});

t.test('a program that does not exist is a fault of the host', async (t) => {
  await t.rejects(run('swaprace-no-such-program', []), {
    code: 'PROGRAM_MISSING',
    fault: 'host',
    message: /swaprace-no-such-program/,
  });
});

t.test('more output than allowed is an error, not a silent cut', async (t) => {
  await t.rejects(run('sh', ['-c', 'head -c 5000 /dev/zero'], { maxBytes: 1000 }), { code: 'OUTPUT_TOO_LARGE' });
});

t.test('what a program prints without end does not fill the memory', async (t) => {
  const child = start('sh', ['-c', 'head -c 300000 /dev/zero >&2; echo last >&2; head -c 5000 /dev/zero']);
  const messages = keepTail(child.stderr);
  await t.rejects(bounded(child.stdout, 1000, 'sh'), {
    code: 'OUTPUT_TOO_LARGE',
    message: /^sh: more than 1000 bytes/,
  });
  await child;
  t.ok(messages().length < 100_000);
  t.match(messages(), /last\n$/);
  const whole = start('echo', ['hi']);
  t.equal((await bounded(whole.stdout, 3, 'echo')).toString(), 'hi\n');
});

t.test('another machine cannot fill the memory, and gets neither agent nor display', async (t) => {
  const dir = t.testdir({ ssh: '#!/bin/sh\necho "$*"\nhead -c 1200000000 /dev/zero >&2\n' });
  await chmod(join(dir, 'ssh'), 0o755);
  const before = process.env['PATH'];
  t.teardown(() => void (process.env['PATH'] = before));
  process.env['PATH'] = `${dir}:${before}`;
  const { stdout, stderr } = await farHost('rt').run('true', { signal: new AbortController().signal });
  t.match(stdout.toString(), / -T -a -x -- rt true$/m);
  t.ok(stderr.length <= 1 << 16);
});

t.test('an abort ends the process', async (t) => {
  const abort = new AbortController();
  const running = run('sleep', ['30'], { signal: abort.signal });
  setTimeout(() => abort.abort(), 30);
  await t.rejects(running);
});

t.test('lines and a log come while it runs', async (t) => {
  const log = join(t.testdir(), 'log');
  const lines: string[] = [];
  await run('sh', ['-c', 'echo one; echo two >&2'], { logFile: log, onLine: (line) => lines.push(line) });
  t.same(lines.sort(), ['one', 'two']);
  t.same((await readFile(log, 'utf8')).trim().split('\n').sort(), ['one', 'two']);
});

t.test('runOk names the command and shows its last words', async (t) => {
  await t.rejects(runOk('sh', ['-c', 'echo bad luck >&2; exit 4']), {
    code: 'COMMAND_FAILED',
    message: /exit 4/,
    details: 'bad luck',
  });
  t.equal(tail('a\nb\nc\n', 2), 'b\nc');
});

t.test('exit statuses: whose fault, and which wins', async (t) => {
  t.equal(exitStatusOf(new UsageError('X', 'x').fault), 129);
  t.same(
    (['host', 'source', 'build', 'boot', 'guest', 'interrupted'] as const).map(exitStatusOf),
    [128, 125, 125, 125, 125, 130],
  );
  t.equal(worstStatus([]), EXIT.met);
  t.equal(worstStatus([0, 125, 1]), 1);
  t.equal(worstStatus([1, 128]), 128);
  t.equal(worstStatus([128, 129, 130]), 130);
});
