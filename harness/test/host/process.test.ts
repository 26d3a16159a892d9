// SPDX-License-Identifier: GPL-2.0-only
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { run, runOk, tail } from '../../host/process.ts';
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
