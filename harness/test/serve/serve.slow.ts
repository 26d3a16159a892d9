// SPDX-License-Identifier: GPL-2.0-only
import { appendFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { get, request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { serve } from '../../serve/server.ts';
import { InterruptedError } from '../../model/errors.ts';
import { CONSOLE } from '../../probe/stress/files.ts';
import type { STRESS } from '../../probe/stress/stress.ts';
import { PROBES } from '../../probe/table.ts';
import { FORMATS } from '../../report/formats.ts';
import { readLiveRun } from '../../results/live.ts';
import { evaluateIn, openBrowser, openPage, withoutBrowser } from '../report/fixtures/browser.ts';
import { fakeStress, makeRun } from '../results/fixtures/make-run.ts';
import { writeMaps } from '../run/fixtures/placed-runs.ts';

const base = t.testdir({ outside: { 'run.json': '{}' } });
const resultsDir = join(base, 'results');
const finished = basename(await makeRun(resultsDir));

/** A run in the middle of its second step. */
let reach: (dir: string) => void = () => undefined;
let release: () => void = () => undefined;
const reached = new Promise<string>((resolve) => (reach = resolve));
const released = new Promise<void>((resolve) => (release = resolve));
const held: typeof STRESS = {
  ...fakeStress,
  run: async (step, probe, stage) => {
    if (step.index === 0) return fakeStress.run(step, probe, stage);
    writeFileSync(stage.files.path(CONSOLE), '<script>document.title="owned"</script>\x1b[31m\0');
    appendFileSync(stage.files.path(CONSOLE), Buffer.from([0xff, 0xfe]));
    stage.progress('12 exposed swapoffs in 3.4 s');
    reach(dirname(dirname(dirname(stage.files.path(CONSOLE)))));
    await released;
    throw new InterruptedError('INTERRUPTED', 'Interrupted');
  },
};
const running = makeRun(resultsDir, { kinds: { ...PROBES, stress: held } });
const unfinishedDir = await reached;
const unfinished = basename(unfinishedDir);
symlinkSync(join(base, 'outside'), join(resultsDir, 'link'));

const server = await serve({ resultsDir, port: 0 });
t.teardown(() => server[Symbol.asyncDispose]());
const port = Number(new URL(server.url).port);

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** A request as it is written, without a client that tidies paths up. */
function ask(path: string, { method = 'GET', host = `127.0.0.1:${port}` } = {}): Promise<Answer> {
  return new Promise((done, failed) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers: { host } }, async (response) => {
      done({
        status: response.statusCode,
        type: response.headers['content-type'],
        headers: response.headers,
        body: await text(response),
      });
    });
    sent.on('error', failed);
    sent.end();
  });
}

t.test('the index has every run, and what is under way', async (test) => {
  const { status, type, body } = await ask('/');
  test.same([status, type], [200, 'text/html; charset=utf-8']);
  test.match(body, `href="/run/${finished}"`);
  test.match(body, `Not finished: <a href="/run/${unfinished}">`);
  test.notMatch(body, '/run/link');
});

t.test('a report in every form', async (test) => {
  test.match((await ask(`/run/${finished}`)).body, 'every variant met its expectation');
  for (const format of Object.keys(FORMATS)) test.equal((await ask(`/run/${finished}/${format}`)).status, 200, format);
  test.equal((await ask(`/run/${finished}/junit`)).type, 'application/xml; charset=utf-8');
  test.match(JSON.parse((await ask(`/run/${finished}/json`)).body), { run: finished });
});

t.test('maps have a page, which the index names when there are any', async (test) => {
  test.notMatch((await ask('/')).body, '/maps');
  await writeMaps(resultsDir);
  test.match((await ask('/')).body, '<a href="/maps">4 race maps</a>');
  const { status, body } = await ask('/maps');
  test.equal(status, 200);
  test.match(body, 'Windows of weakened, fault on rotational, preempt');
  test.match(body, 'v5b, fault on rotational, preempt: not finished, 1 attempt so far');
});

t.test('a run under way: what is done, how far it is, its console as text, and it asks again', async (test) => {
  const { status, body } = await ask(`/run/${unfinished}`);
  test.equal(status, 200);
  test.match(body, '<b>anon-weakened-1</b>: 12 exposed swapoffs in 3.4 s.');
  test.match(body, '1 step done');
  test.match(body, '&lt;script&gt;document.title=&quot;owned&quot;&lt;/script&gt;␛[31m␀\ufffd\ufffd');
  test.match(body, '<meta http-equiv="refresh" content="3">');
  test.equal((await ask(`/run/${unfinished}/json`)).status, 404, 'and there is no report yet');
});

t.test('a run that was ended from outside is said to be so, and the page rests', async (test) => {
  const { livePage } = await import('../../report/html/live.ts');
  const live = await readLiveRun(unfinishedDir, PROBES, new Date(Date.now() + 3_600_000));
  test.ok(live.quietSeconds > 3500);
  test.match(livePage(live), /probably ended from outside[^]*last written 60 min ago/);
  test.notMatch(livePage(live), 'http-equiv="refresh"');
});

t.test('nothing outside is shown', async (test) => {
  for (const path of [
    '/run/..',
    '/run/.',
    '/run/%2e%2e',
    '/run/..%2f..%2fetc%2fpasswd',
    '/run/../../etc/passwd',
    '/../outside',
    '/run/link',
    '/run/%00',
    `/run/${finished}/../..`,
    `/run/${finished}/constructor`,
    `/run/${finished}/steps/none/console.log`,
    '/run/',
    '/run/none',
    '/history.db',
    `//run/${finished}`,
    '/run/%2Fetc',
  ]) {
    const { status, body } = await ask(path);
    test.equal(status, 404, path);
    test.equal(body, 'no such page\n');
  }
  test.equal((await ask('/%')).status, 400);
});

t.test('only reads, only by a name of this machine, and has browsers load nothing', async (test) => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
    test.equal((await ask('/', { method })).status, 405, method);
  test.same([(await ask('/', { method: 'HEAD' })).status, (await ask('/', { method: 'HEAD' })).body], [200, '']);
  test.equal((await ask('/', { host: 'evil.example:80' })).status, 403);
  test.equal((await ask('/', { host: 'localhost' })).status, 200);
  const { headers } = await ask('/');
  test.match(headers, {
    'content-security-policy': /^default-src 'none'; style-src 'unsafe-inline'/,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
});

t.test('it listens on loopback and nowhere else', async (test) => {
  const others = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ address }) => address !== '127.0.0.1')
    .map(({ address }) => address);
  for (const host of others) {
    const refused = await new Promise<boolean>((done) => {
      const socket = connect({ host, port, timeout: 2000 }, () => (socket.destroy(), done(false)));
      socket.on('error', () => done(true)).on('timeout', () => (socket.destroy(), done(true)));
    });
    test.ok(refused, host);
  }
  test.ok(new URL(server.url).hostname === '127.0.0.1');
});

t.test('a damaged run is reported, and the server lives on', async (test) => {
  const damaged = await makeRun(resultsDir);
  writeFileSync(join(damaged, 'verdict.json'), '{}');
  test.equal((await ask(`/run/${basename(damaged)}`)).status, 500);
  test.match((await ask('/')).body, /Cannot read .*verdict\.json/);
});

t.test('a port that is taken', async (test) => {
  await test.rejects(serve({ resultsDir, port }), { code: 'CANNOT_LISTEN', message: /Cannot listen on 127\.0\.0\.1/ });
});

t.test('closing does not wait for connections', async (test) => {
  const other = await serve({ resultsDir, port: 0 });
  const idle = get(other.url, (response) => void response.resume());
  idle.on('error', () => undefined);
  await other[Symbol.asyncDispose]();
  test.pass();
});

t.test('in a browser', { skip: withoutBrowser }, async (test) => {
  const browser = await openBrowser((end) => test.teardown(end));
  for (const path of ['', `run/${unfinished}`, `run/${finished}`]) {
    for (const width of [1280, 390]) {
      const { page, said, asked } = await openPage(browser, server.url + path, { width });
      test.same([said, asked], [[], []], path);
      test.equal(await evaluateIn(page, 'document.documentElement.scrollWidth'), width);
      test.notMatch(await evaluateIn(page, 'document.title'), 'owned');
      await page.close();
    }
  }
});

t.test('the run that was under way is reported when it has ended', async (test) => {
  release();
  test.equal(await running, unfinishedDir);
  test.match((await ask(`/run/${unfinished}`)).body, 'Interrupted');
});
